/*
 * Links to peers, and the sessions by which their datagrams are sealed.
 *
 * A link is a peer with which datagrams are exchanged. It has a number, an endpoint (the socket address of the peer), and up to
 * SESSIONS_EACH sessions. A session is a pair of keys with a counter and a replay window per lane. A rekey adds a session to the
 * link, and roaming changes its endpoint; the number stays, and is what the send queue, the flow cache and JavaScript know.
 *
 * Place on the packet path: udp-receive.c opens each received datagram in place (`sessions_open`), udp-send.c, udp-socket.c and
 * flow-cache.c seal each datagram for a link into the send room (`sessions_seal`). JavaScript adds and removes links and
 * sessions as handshakes end (links.c), and removes them when they expire.
 *
 * Everything runs on the thread of the event loop. Times are monotonic nanoseconds.
 */
#ifndef MOSAIC_SESSIONS_H
#define MOSAIC_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "aead.h"
#include "udp-address.h"

/* Greatest number of a link. The first is 1; 0 stands for a datagram outside of links. */
#define LINKS_MAX 16383u
/* Sessions of a link: the one that seals, the one before, and those of two handshakes at once. */
#define SESSIONS_EACH 4u

/* Greatest number of datagrams that a session seals. A peer rekeys at half of it. RFC 9001 names 2^23 for AES-GCM. */
#define SESSION_SEALS_MAX (1u << 24)

/* Counters shared with JavaScript, by index. */
enum session_count {
  COUNT_SEALED,
  COUNT_OPENED,
  /* Wrong tag. */
  COUNT_FORGED,
  /* Counter seen before, or older than the window. */
  COUNT_REPLAYED,
  COUNT_UNKNOWN_KEY,
  /* Neither sealed nor a message of the handshake. */
  COUNT_UNSEALED,
  /* Message of the handshake whose first authenticator is wrong. */
  COUNT_WRONG_MAC,
  /* Slots whose last datagrams were dropped, because trains of too many links lay in them. */
  COUNT_OVERRUN,
  /* Sessions whose first datagram has been opened. */
  COUNT_CONFIRMED,
  /* Changes of an endpoint by a datagram from elsewhere. */
  COUNT_MOVED,
  SESSION_COUNTS
};

/* Memory of JavaScript: the counters, and for each link whether it has a session that seals (1 or 0). */
struct sessions_memory {
  volatile double *counts;
  volatile uint32_t *seals;
};

struct sessions;

/* Returns NULL when there is no memory. */
struct sessions *sessions_new(struct sessions_memory memory);
void sessions_free(struct sessions *sessions);

/* Sets the key by which messages of the handshake to this node are authenticated. Returns an errno, or 0. */
int sessions_set_mac_key(struct sessions *sessions, const uint8_t *key);

struct new_session {
  uint32_t link;
  /* Key ids: of datagrams to this node, which must be unique, and of datagrams to the peer. */
  uint32_t id, peer_id;
  enum aead_cipher cipher;
  const uint8_t *seal_key, *open_key;
  /* Whether the peer is known to have the keys. If not, the session seals only after a datagram has been opened by it. */
  bool is_confirmed;
};

/* Adds a session. Returns an errno, or 0: EINVAL, EEXIST for a known key id, ENOSPC for a full link, ENOMEM. */
int sessions_add(struct sessions *sessions, const struct new_session *session);

/* Removes a session and its keys. */
void sessions_remove(struct sessions *sessions, uint32_t id);

/* Lets a link seal with one of its sessions. Returns false if the link has no such session. */
bool sessions_seal_with(struct sessions *sessions, uint32_t link, uint32_t id);

/* Sets the endpoint of a link, which is created if there is none of this number. Returns an errno, or 0. */
int sessions_set_endpoint(struct sessions *sessions, uint32_t link, const union udp_address *endpoint);

/* Removes a link and its sessions. */
void sessions_remove_link(struct sessions *sessions, uint32_t link);

/* State of a link for the timers of JavaScript. */
struct link_state {
  union udp_address endpoint;
  /* The session that seals, 0 if there is none, and the number of datagrams it has sealed. */
  uint32_t id;
  uint64_t sealed;
  /* Times of the last datagram sealed and opened; 0 if there was none. */
  int64_t sealed_ns, opened_ns;
};

/* Returns false if there is no link of this number. */
bool sessions_state(const struct sessions *sessions, uint32_t link, struct link_state *state);

/* Takes the time for all datagrams that are sealed and opened from now on. */
void sessions_tick(struct sessions *sessions);

/* A datagram that a receiver may see. */
struct opened {
  /* The link of its sender; 0 for a message of the handshake. */
  uint32_t link;
  /* Where the plain datagram begins, and its length. */
  uint32_t at, length;
  /* Flags of the plain datagram. */
  uint8_t flags;
};

/*
 * Opens a received datagram in place, or checks a message of the handshake. Returns false, and counts the reason, if it must
 * be dropped; its bytes are then undefined.
 */
bool sessions_open(struct sessions *sessions, uint8_t *bytes, size_t length, const union udp_address *from,
                   struct opened *opened);

/* Counts a slot whose last datagrams are dropped, because the index is full. */
void sessions_count_overrun(struct sessions *sessions);

/* Whether a link has an endpoint and a session that seals; sets `endpoint` if it has. */
bool sessions_can_seal(const struct sessions *sessions, uint32_t link, const union udp_address **endpoint);

/* The send room holds sealed datagrams until they have left. These functions forget its content, and return its free bytes. */
void sessions_clear_room(struct sessions *sessions);
size_t sessions_room(const struct sessions *sessions);

/*
 * Seals a plain datagram, whose bytes are those of `count` parts, into the send room. The first part contains its header.
 * Returns an errno, or 0 and sets `sealed`: ENOKEY if the link cannot seal, ENOBUFS if the room is full.
 */
int sessions_seal(struct sessions *sessions, uint32_t link, const struct iovec *parts, size_t count, bool is_bulk,
                  struct iovec *sealed);

#endif
