/*
 * The functions of the OpenSSL inside Node.js that the addon calls. The headers of some distributions of Node.js lack them, so
 * they are declared here; the interface of OpenSSL 1.1 and 3 is stable.
 *
 * All are weak symbols: with a Node.js that does not export one of them the addon loads, and the symbol is NULL. The users
 * (gcm.c, aead.c, mac.c) test that before the first call.
 */
#ifndef MOSAIC_OPENSSL_H
#define MOSAIC_OPENSSL_H

#include <stddef.h>
#include <stdint.h>

#define FROM_NODE extern __attribute__((weak, visibility("default")))

#define EVP_CTRL_AEAD_GET_TAG 0x10
#define EVP_CTRL_AEAD_SET_TAG 0x11

typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
FROM_NODE EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
FROM_NODE void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context);
FROM_NODE int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer);
FROM_NODE const EVP_CIPHER *EVP_aes_128_gcm(void);
FROM_NODE const EVP_CIPHER *EVP_aes_256_gcm(void);
FROM_NODE const EVP_CIPHER *EVP_chacha20_poly1305(void);
FROM_NODE int EVP_CipherInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, void *engine, const uint8_t *key,
                                const uint8_t *nonce, int encrypt);
FROM_NODE int EVP_CipherUpdate(EVP_CIPHER_CTX *context, uint8_t *to, int *written, const uint8_t *from, int length);
FROM_NODE int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, uint8_t *to, int *written);
FROM_NODE void OPENSSL_cleanse(void *bytes, size_t length);

/* A parameter of OpenSSL 3. A list of parameters ends with one whose key is NULL. */
typedef struct ossl_param_st {
  const char *key;
  unsigned type;
  void *data;
  size_t data_size;
  size_t return_size;
} OSSL_PARAM;
typedef struct evp_mac_st EVP_MAC;
typedef struct evp_mac_ctx_st EVP_MAC_CTX;
FROM_NODE OSSL_PARAM OSSL_PARAM_construct_size_t(const char *key, size_t *number);
FROM_NODE OSSL_PARAM OSSL_PARAM_construct_end(void);
FROM_NODE EVP_MAC *EVP_MAC_fetch(void *library, const char *algorithm, const char *properties);
FROM_NODE void EVP_MAC_free(EVP_MAC *mac);
FROM_NODE EVP_MAC_CTX *EVP_MAC_CTX_new(EVP_MAC *mac);
FROM_NODE void EVP_MAC_CTX_free(EVP_MAC_CTX *context);
FROM_NODE int EVP_MAC_init(EVP_MAC_CTX *context, const uint8_t *key, size_t length, const OSSL_PARAM *parameters);
FROM_NODE int EVP_MAC_update(EVP_MAC_CTX *context, const uint8_t *bytes, size_t length);
FROM_NODE int EVP_MAC_final(EVP_MAC_CTX *context, uint8_t *to, size_t *written, size_t room);
FROM_NODE int CRYPTO_memcmp(const void *left, const void *right, size_t length);

#endif
