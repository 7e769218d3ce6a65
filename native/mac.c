/*
 * The first authenticator of handshake messages, mac1: BLAKE2s with a key and 16 bytes of result, by the OpenSSL inside
 * Node.js. Anybody may send handshake messages, so those with a wrong one must cost little. Called by sessions.c
 * and links.c.
 */
#include "mac.h"

#include <string.h>

#include "openssl.h"

static bool has_openssl(void) {
  return OSSL_PARAM_construct_size_t && OSSL_PARAM_construct_end && EVP_MAC_fetch && EVP_MAC_free && EVP_MAC_CTX_new &&
         EVP_MAC_CTX_free && EVP_MAC_init && EVP_MAC_update && EVP_MAC_final && CRYPTO_memcmp;
}

struct evp_mac_ctx_st *mac_new(const uint8_t key[MAC_KEY]) {
  size_t length = MAC_BYTES;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t("size", &length), OSSL_PARAM_construct_end()};
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "BLAKE2SMAC", NULL);
  EVP_MAC_CTX *context = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
  if (mac != NULL) EVP_MAC_free(mac);
  if (context != NULL && EVP_MAC_init(context, key, MAC_KEY, parameters) == 1) return context;
  mac_free(context);
  return NULL;
}

void mac_free(struct evp_mac_ctx_st *context) {
  if (context != NULL) EVP_MAC_CTX_free(context);
}

/* Without a key EVP_MAC_init begins another message with the key of the context. */
bool mac_write(struct evp_mac_ctx_st *context, const uint8_t *bytes, size_t length, uint8_t mac[MAC_BYTES]) {
  size_t written = 0;
  return EVP_MAC_init(context, NULL, 0, NULL) == 1 && EVP_MAC_update(context, bytes, length) == 1 &&
         EVP_MAC_final(context, mac, &written, MAC_BYTES) == 1 && written == MAC_BYTES;
}

bool mac_is_right(struct evp_mac_ctx_st *context, const uint8_t *bytes, size_t length, const uint8_t mac[MAC_BYTES]) {
  uint8_t right[MAC_BYTES];
  return mac_write(context, bytes, length, right) && CRYPTO_memcmp(mac, right, MAC_BYTES) == 0;
}

bool mac_works(void) {
  static const uint8_t key[MAC_KEY];
  static const uint8_t KNOWN[MAC_BYTES] = {0x08, 0x6d, 0xe8, 0x6c, 0xfb, 0x25, 0x6a, 0x2b,
                                           0xc4, 0x07, 0x40, 0x06, 0x2b, 0xcf, 0x4d, 0xcc};
  EVP_MAC_CTX *context = has_openssl() ? mac_new(key) : NULL;
  /* The second result shows that the context keeps its key. */
  bool is_right = context != NULL;
  for (int at = 0; at < 2; at++) is_right = is_right && mac_is_right(context, key, sizeof key, KNOWN);
  mac_free(context);
  return is_right;
}
