/* The ciphers of sealed datagrams; aead.h describes them. Called by session.c. */
#include "aead.h"

#include <string.h>

#include "openssl.h"

/*
 * Greatest length of a first part that is copied. A short part that does not end at a block of the cipher makes all later
 * blocks straddle two parts, and OpenSSL then takes a slower way.
 */
#define SHORT_MAX 512u
#define BLOCK 64u

static bool has_openssl(void) {
  return EVP_CIPHER_CTX_new && EVP_CIPHER_CTX_free && EVP_CIPHER_CTX_ctrl && EVP_aes_256_gcm && EVP_chacha20_poly1305 &&
         EVP_CipherInit_ex && EVP_CipherUpdate && EVP_CipherFinal_ex;
}

struct evp_cipher_ctx_st *aead_new(enum aead_cipher cipher, const uint8_t key[AEAD_KEY], bool seals) {
  const EVP_CIPHER *of = cipher == AEAD_AES_256_GCM ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context != NULL && EVP_CipherInit_ex(context, of, NULL, key, NULL, seals) == 1) return context;
  if (context != NULL) EVP_CIPHER_CTX_free(context);
  return NULL;
}

void aead_free(struct evp_cipher_ctx_st *context) {
  if (context != NULL) EVP_CIPHER_CTX_free(context);
}

static bool update(EVP_CIPHER_CTX *context, uint8_t *to, const uint8_t *from, size_t length) {
  int written = 0;
  return length == 0 || EVP_CipherUpdate(context, to, &written, from, (int)length) == 1;
}

/*
 * Copies the first part and as many bytes of the second as complete its last block, and seals the copy in place. Returns the
 * number of bytes of the second part that were sealed; SIZE_MAX when OpenSSL fails.
 */
static size_t seal_short(EVP_CIPHER_CTX *context, const struct iovec *parts, uint8_t *to) {
  size_t first = parts[0].iov_len, missing = (BLOCK - first % BLOCK) % BLOCK;
  if (missing > parts[1].iov_len) missing = parts[1].iov_len;
  memcpy(to, parts[0].iov_base, first);
  memcpy(to + first, parts[1].iov_base, missing);
  return update(context, to, to, first + missing) ? missing : SIZE_MAX;
}

bool aead_seal(struct evp_cipher_ctx_st *context, const uint8_t nonce[AEAD_NONCE], const struct iovec *parts, size_t count,
               uint8_t *to) {
  int written = 0;
  uint8_t none[AEAD_TAG];
  size_t part = 0, taken = 0;
  if (EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) != 1) return false;
  if (count > 1 && parts[0].iov_len <= SHORT_MAX && parts[1].iov_len > 0) {
    taken = seal_short(context, parts, to);
    if (taken == SIZE_MAX) return false;
    to += parts[0].iov_len + taken;
    part = 1;
  }
  for (; part < count; part++, taken = 0) {
    size_t length = parts[part].iov_len - taken;
    if (!update(context, to, (const uint8_t *)parts[part].iov_base + taken, length)) return false;
    to += length;
  }
  return EVP_CipherFinal_ex(context, none, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, to) == 1;
}

bool aead_open(struct evp_cipher_ctx_st *context, const uint8_t nonce[AEAD_NONCE], uint8_t *bytes, size_t length) {
  int written = 0;
  uint8_t none[AEAD_TAG];
  return EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) == 1 && update(context, bytes, bytes, length) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, bytes + length) == 1 &&
         EVP_CipherFinal_ex(context, none, &written) == 1;
}

/* Tags of no bytes under a key and a nonce of zeros. The one of AES-256-GCM is test case 13 of the specification of GCM. */
static const uint8_t TAGS[AEAD_CIPHERS][AEAD_TAG] = {
    {0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9, 0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb, 0x73, 0x8b},
    {0x4e, 0xb9, 0x72, 0xc9, 0xa8, 0xfb, 0x3a, 0x1b, 0x38, 0x2b, 0xb4, 0xd3, 0x6f, 0x5f, 0xfa, 0xd1},
};

static bool gives_published_tag(enum aead_cipher cipher) {
  static const uint8_t zeros[AEAD_KEY];
  uint8_t tag[AEAD_TAG] = {0};
  EVP_CIPHER_CTX *context = aead_new(cipher, zeros, true);
  bool is_right = context != NULL && aead_seal(context, zeros, NULL, 0, tag) && memcmp(tag, TAGS[cipher], AEAD_TAG) == 0;
  aead_free(context);
  return is_right;
}

bool aead_works(void) {
  return has_openssl() && gives_published_tag(AEAD_AES_256_GCM) && gives_published_tag(AEAD_CHACHA20_POLY1305);
}
