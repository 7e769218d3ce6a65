#ifndef MOSAIC_MAC_H
#define MOSAIC_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_KEY 32u
#define MAC_BYTES 16u

struct evp_mac_ctx_st;

/* Returns whether this Node.js exports keyed BLAKE2s with results of 16 bytes, and it gives a known result. */
bool mac_works(void);

/* Returns a context for `mac_is_right`; NULL when OpenSSL fails. */
struct evp_mac_ctx_st *mac_new(const uint8_t key[MAC_KEY]);
void mac_free(struct evp_mac_ctx_st *context);

/* Writes the keyed BLAKE2s of the bytes. Returns false when OpenSSL fails. */
bool mac_write(struct evp_mac_ctx_st *context, const uint8_t *bytes, size_t length, uint8_t mac[MAC_BYTES]);

/* Whether `mac` is the keyed BLAKE2s of the bytes. The comparison takes the same time for each `mac`. */
bool mac_is_right(struct evp_mac_ctx_st *context, const uint8_t *bytes, size_t length, const uint8_t mac[MAC_BYTES]);

#endif
