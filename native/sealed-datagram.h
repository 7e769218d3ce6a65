/*
 * Layout of datagrams, as docs/wire.md describes it. All numbers are big-endian.
 *
 * A datagram begins with magic, version and flags. In a sealed one the receiver's key id and the counter follow, then the
 * ciphertext of what a plain datagram has after its header, then the tag. The nonce consists of the first 4 bytes and the
 * counter, so that cipher and flags cannot be exchanged, and so that the two lanes of a session never share a nonce.
 */
#ifndef MOSAIC_SEALED_DATAGRAM_H
#define MOSAIC_SEALED_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the header of a plain datagram, which all datagrams begin with. */
#define PLAIN_HEADER 4u
#define PLAIN_FLAGS_AT 3u

#define SEALED_KEY_ID_AT 4u
#define SEALED_COUNTER_AT 8u
#define SEALED_HEADER 16u
#define SEALED_TAG 16u
/* Bytes by which a sealed datagram is longer than the same datagram in plain. */
#define SEALED_EXTRA (SEALED_HEADER - PLAIN_HEADER + SEALED_TAG)
#define SEALED_MIN (SEALED_HEADER + SEALED_TAG)
/* Offset in a sealed datagram at which the plain one begins after it has been opened. */
#define SEALED_PLAIN_AT (SEALED_HEADER - PLAIN_HEADER)

/* Flags. FLAG_BULK is the lane: the datagram carries packets of devices. */
#define FLAG_FRAGMENT 1u
#define FLAG_SEALED 2u
#define FLAG_BULK 4u
#define FLAG_HANDSHAKE 8u

/* A message of the handshake: its type, and at its end the two authenticators, of which a cookie reply has none. */
#define HANDSHAKE_TYPE_AT 4u
#define HANDSHAKE_COOKIE_REPLY 3u
#define HANDSHAKE_MACS 32u
#define HANDSHAKE_MIN (HANDSHAKE_TYPE_AT + 1u + HANDSHAKE_MACS)

/* Magic and version. */
#define DATAGRAM_START "\x4d\x5a\x01"
#define DATAGRAM_START_BYTES 3u

#endif
