/*
 * The two ciphers of sealed datagrams, AES-256-GCM and ChaCha20-Poly1305, by the OpenSSL inside Node.js. OpenSSL expands a key
 * once per context, which takes longer than to seal a datagram, so each session keeps a context per direction.
 *
 * Nothing but nonce and plaintext is authenticated: the header of a datagram is part of its nonce (sealed-datagram.h).
 */
#ifndef MOSAIC_AEAD_H
#define MOSAIC_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define AEAD_KEY 32u
#define AEAD_NONCE 12u
#define AEAD_TAG 16u

enum aead_cipher { AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305, AEAD_CIPHERS };

struct evp_cipher_ctx_st;

/* Returns whether this Node.js exports the functions of OpenSSL, and both ciphers give the published results. */
bool aead_works(void);

/* Returns a context that seals or opens with a key; NULL when OpenSSL fails. */
struct evp_cipher_ctx_st *aead_new(enum aead_cipher cipher, const uint8_t key[AEAD_KEY], bool seals);
void aead_free(struct evp_cipher_ctx_st *context);

/*
 * Seals the bytes of `count` parts, one after the other, to `to`, and appends the tag. `to` must have room for all parts and
 * the tag, and must not overlap them.
 */
bool aead_seal(struct evp_cipher_ctx_st *context, const uint8_t nonce[AEAD_NONCE], const struct iovec *parts, size_t count,
               uint8_t *to);

/* Opens `length` bytes in place. The tag follows them. Returns false if the tag is wrong; then the bytes are undefined. */
bool aead_open(struct evp_cipher_ctx_st *context, const uint8_t nonce[AEAD_NONCE], uint8_t *bytes, size_t length);

#endif
