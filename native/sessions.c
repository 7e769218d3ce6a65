/* Links, sessions, sealing and opening; sessions.h describes their place on the packet path. */
#include "sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mac.h"
#include "openssl.h"
#include "replay-window.h"
#include "sealed-datagram.h"

#define LANES 2u
/* Must be a power of two. Key ids are random numbers of this node, so their lowest bits choose the bucket. */
#define BUCKETS 16384u
/* Room for the datagrams of one sendmmsg, and for a whole run besides. */
#define ROOM_BYTES (256u << 10)
#define PARTS_MAX 3u

struct link;

struct session {
  /* The next session of the same bucket. */
  struct session *next;
  struct link *link;
  uint32_t id, peer_id;
  EVP_CIPHER_CTX *seals, *opens;
  /* Counter of the next datagram to the peer, by lane. */
  uint64_t counters[LANES];
  struct replay_window windows[LANES];
  /* Sessions are numbered in the order in which they were added. */
  uint64_t order;
  bool is_confirmed;
};

struct link {
  uint32_t number;
  union udp_address endpoint;
  struct session *sessions[SESSIONS_EACH];
  struct session *sealing;
  /* Order of the session whose datagram has last confirmed the endpoint. An older session does not move it back. */
  uint64_t endpoint_order;
  int64_t sealed_ns, opened_ns;
};

struct sessions {
  struct sessions_memory memory;
  struct evp_mac_ctx_st *mac;
  struct link *links[LINKS_MAX + 1];
  struct session *buckets[BUCKETS];
  uint64_t added;
  int64_t now_ns;
  size_t room_used;
  uint8_t room[ROOM_BYTES];
};

struct sessions *sessions_new(struct sessions_memory memory) {
  struct sessions *sessions = calloc(1, sizeof *sessions);
  if (sessions != NULL) sessions->memory = memory;
  return sessions;
}

void sessions_free(struct sessions *sessions) {
  for (uint32_t number = 1; number <= LINKS_MAX; number++) sessions_remove_link(sessions, number);
  mac_free(sessions->mac);
  free(sessions);
}

int sessions_set_mac_key(struct sessions *sessions, const uint8_t *key) {
  struct evp_mac_ctx_st *mac = mac_new(key);
  if (mac == NULL) return ENOMEM;
  mac_free(sessions->mac);
  sessions->mac = mac;
  return 0;
}

static void count(struct sessions *sessions, enum session_count which) {
  sessions->memory.counts[which] += 1;
}

static struct link *link_at(const struct sessions *sessions, uint32_t number) {
  return number > LINKS_MAX ? NULL : sessions->links[number];
}

static struct session **bucket_of(struct sessions *sessions, uint32_t id) {
  return &sessions->buckets[id % BUCKETS];
}

static struct session *session_of(struct sessions *sessions, uint32_t id) {
  struct session *session = *bucket_of(sessions, id);
  while (session != NULL && session->id != id) session = session->next;
  return session;
}

static void set_sealing(struct sessions *sessions, struct link *link, struct session *session) {
  link->sealing = session;
  sessions->memory.seals[link->number] = session != NULL;
}

static void free_session(struct session *session) {
  aead_free(session->seals);
  aead_free(session->opens);
  free(session);
}

static struct session *new_session(const struct new_session *wanted) {
  struct session *session = calloc(1, sizeof *session);
  if (session == NULL) return NULL;
  session->id = wanted->id;
  session->peer_id = wanted->peer_id;
  session->is_confirmed = wanted->is_confirmed;
  session->seals = aead_new(wanted->cipher, wanted->seal_key, true);
  session->opens = aead_new(wanted->cipher, wanted->open_key, false);
  if (session->seals != NULL && session->opens != NULL) return session;
  free_session(session);
  return NULL;
}

/* Returns the place of a session in its link; of NULL, a free one. SESSIONS_EACH if there is none. */
static size_t place_of(const struct link *link, const struct session *session) {
  size_t place = 0;
  while (place < SESSIONS_EACH && link->sessions[place] != session) place++;
  return place;
}

int sessions_add(struct sessions *sessions, const struct new_session *wanted) {
  struct link *link = link_at(sessions, wanted->link);
  if (link == NULL || wanted->id == 0 || wanted->cipher >= AEAD_CIPHERS) return EINVAL;
  if (session_of(sessions, wanted->id) != NULL) return EEXIST;
  size_t place = place_of(link, NULL);
  if (place == SESSIONS_EACH) return ENOSPC;
  struct session *session = new_session(wanted), **bucket = bucket_of(sessions, wanted->id);
  if (session == NULL) return ENOMEM;
  session->link = link;
  session->order = ++sessions->added;
  session->next = *bucket;
  *bucket = link->sessions[place] = session;
  if (session->is_confirmed) set_sealing(sessions, link, session);
  return 0;
}

void sessions_remove(struct sessions *sessions, uint32_t id) {
  struct session *session = session_of(sessions, id), **at = bucket_of(sessions, id);
  if (session == NULL) return;
  while (*at != session) at = &(*at)->next;
  *at = session->next;
  struct link *link = session->link;
  link->sessions[place_of(link, session)] = NULL;
  if (link->sealing == session) set_sealing(sessions, link, NULL);
  free_session(session);
}

bool sessions_seal_with(struct sessions *sessions, uint32_t number, uint32_t id) {
  struct link *link = link_at(sessions, number);
  struct session *session = session_of(sessions, id);
  if (link == NULL || session == NULL || session->link != link) return false;
  set_sealing(sessions, link, session);
  return true;
}

int sessions_set_endpoint(struct sessions *sessions, uint32_t number, const union udp_address *endpoint) {
  if (number == 0 || number > LINKS_MAX) return EINVAL;
  struct link **link = &sessions->links[number];
  if (*link == NULL) *link = calloc(1, sizeof **link);
  if (*link == NULL) return ENOMEM;
  (*link)->number = number;
  (*link)->endpoint = *endpoint;
  return 0;
}

void sessions_remove_link(struct sessions *sessions, uint32_t number) {
  struct link *link = link_at(sessions, number);
  if (link == NULL) return;
  for (size_t place = 0; place < SESSIONS_EACH; place++) {
    if (link->sessions[place] != NULL) sessions_remove(sessions, link->sessions[place]->id);
  }
  sessions->links[number] = NULL;
  free(link);
}

static uint64_t sealed_by(const struct session *session) {
  return session == NULL ? 0 : session->counters[0] + session->counters[1];
}

bool sessions_state(const struct sessions *sessions, uint32_t number, struct link_state *state) {
  const struct link *link = link_at(sessions, number);
  if (link == NULL) return false;
  state->endpoint = link->endpoint;
  state->id = link->sealing == NULL ? 0 : link->sealing->id;
  state->sealed = sealed_by(link->sealing);
  state->sealed_ns = link->sealed_ns;
  state->opened_ns = link->opened_ns;
  return true;
}

void sessions_tick(struct sessions *sessions) {
  sessions->now_ns = monotonic_ns();
}

static uint32_t read_key_id(const uint8_t *datagram) {
  const uint8_t *at = datagram + SEALED_KEY_ID_AT;
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_number(uint8_t *at, uint64_t number, size_t bytes) {
  while (bytes > 0) at[--bytes] = (uint8_t)number, number >>= 8;
}

static uint64_t read_counter(const uint8_t *datagram) {
  uint64_t counter = 0;
  for (size_t at = 0; at < 8; at++) counter = counter << 8 | datagram[SEALED_COUNTER_AT + at];
  return counter;
}

static void write_nonce(uint8_t nonce[AEAD_NONCE], const uint8_t *header) {
  memcpy(nonce, header, PLAIN_HEADER);
  memcpy(nonce + PLAIN_HEADER, header + SEALED_COUNTER_AT, AEAD_NONCE - PLAIN_HEADER);
}

/* The first datagram that a session opens proves that the peer has its keys. */
static void confirm(struct sessions *sessions, struct session *session) {
  struct link *link = session->link;
  session->is_confirmed = true;
  count(sessions, COUNT_CONFIRMED);
  if (link->sealing == NULL || link->sealing->order < session->order) set_sealing(sessions, link, session);
}

/* Moves the endpoint to the sender of the newest datagram of its lane. */
static void roam(struct sessions *sessions, struct session *session, const union udp_address *from) {
  struct link *link = session->link;
  if (session->order < link->endpoint_order) return;
  link->endpoint_order = session->order;
  if (memcmp(&link->endpoint, from, sizeof *from) == 0) return;
  link->endpoint = *from;
  count(sessions, COUNT_MOVED);
}

static void note_opened(struct sessions *sessions, struct session *session, struct replay_window *window, uint64_t counter,
                        const union udp_address *from) {
  bool is_newest = counter >= window->next;
  replay_window_mark(window, counter);
  session->link->opened_ns = sessions->now_ns;
  if (!session->is_confirmed) confirm(sessions, session);
  if (is_newest) roam(sessions, session, from);
}

static bool drop(struct sessions *sessions, enum session_count why) {
  count(sessions, why);
  return false;
}

static bool open_sealed(struct sessions *sessions, uint8_t *bytes, size_t length, const union udp_address *from,
                        struct opened *opened) {
  uint8_t nonce[AEAD_NONCE], flags = bytes[PLAIN_FLAGS_AT];
  struct session *session = length < SEALED_MIN ? NULL : session_of(sessions, read_key_id(bytes));
  if (session == NULL) return drop(sessions, COUNT_UNKNOWN_KEY);
  struct replay_window *window = &session->windows[(flags & FLAG_BULK) != 0];
  uint64_t counter = read_counter(bytes);
  if (!replay_window_admits(window, counter)) return drop(sessions, COUNT_REPLAYED);
  write_nonce(nonce, bytes);
  if (!aead_open(session->opens, nonce, bytes + SEALED_HEADER, length - SEALED_MIN)) return drop(sessions, COUNT_FORGED);
  note_opened(sessions, session, window, counter, from);
  count(sessions, COUNT_OPENED);
  uint8_t *plain = bytes + SEALED_PLAIN_AT;
  memcpy(plain, DATAGRAM_START, DATAGRAM_START_BYTES);
  plain[PLAIN_FLAGS_AT] = flags & FLAG_FRAGMENT;
  *opened = (struct opened){.link = session->link->number, .at = SEALED_PLAIN_AT, .length = (uint32_t)(length - SEALED_EXTRA),
                            .flags = plain[PLAIN_FLAGS_AT]};
  return true;
}

/* A cookie reply is authenticated by the message that it answers, which JavaScript knows. */
static bool check_handshake(struct sessions *sessions, const uint8_t *bytes, size_t length, struct opened *opened) {
  if (length < HANDSHAKE_MIN || sessions->mac == NULL) return drop(sessions, COUNT_WRONG_MAC);
  size_t covered = length - HANDSHAKE_MACS;
  if (bytes[HANDSHAKE_TYPE_AT] != HANDSHAKE_COOKIE_REPLY && !mac_is_right(sessions->mac, bytes, covered, bytes + covered)) {
    return drop(sessions, COUNT_WRONG_MAC);
  }
  *opened = (struct opened){.link = 0, .at = 0, .length = (uint32_t)length, .flags = FLAG_HANDSHAKE};
  return true;
}

bool sessions_open(struct sessions *sessions, uint8_t *bytes, size_t length, const union udp_address *from,
                   struct opened *opened) {
  if (length < PLAIN_HEADER || memcmp(bytes, DATAGRAM_START, DATAGRAM_START_BYTES) != 0) return drop(sessions, COUNT_UNSEALED);
  uint8_t flags = bytes[PLAIN_FLAGS_AT];
  if (flags == FLAG_HANDSHAKE) return check_handshake(sessions, bytes, length, opened);
  if ((flags & ~(FLAG_FRAGMENT | FLAG_BULK)) != FLAG_SEALED) return drop(sessions, COUNT_UNSEALED);
  return open_sealed(sessions, bytes, length, from, opened);
}

void sessions_count_overrun(struct sessions *sessions) {
  count(sessions, COUNT_OVERRUN);
}

bool sessions_can_seal(const struct sessions *sessions, uint32_t number, const union udp_address **endpoint) {
  const struct link *link = sessions == NULL ? NULL : link_at(sessions, number);
  if (link == NULL || link->sealing == NULL || udp_address_length(&link->endpoint) == 0) return false;
  *endpoint = &link->endpoint;
  return true;
}

void sessions_clear_room(struct sessions *sessions) {
  sessions->room_used = 0;
}

size_t sessions_room(const struct sessions *sessions) {
  return ROOM_BYTES - sessions->room_used;
}

static void write_header(uint8_t *header, struct session *session, uint8_t flags) {
  uint64_t *counter = &session->counters[(flags & FLAG_BULK) != 0];
  memcpy(header, DATAGRAM_START, DATAGRAM_START_BYTES);
  header[PLAIN_FLAGS_AT] = flags;
  write_number(header + SEALED_KEY_ID_AT, session->peer_id, SEALED_COUNTER_AT - SEALED_KEY_ID_AT);
  write_number(header + SEALED_COUNTER_AT, (*counter)++, SEALED_HEADER - SEALED_COUNTER_AT);
}

int sessions_seal(struct sessions *sessions, uint32_t number, const struct iovec *parts, size_t parts_count, bool is_bulk,
                  struct iovec *sealed) {
  struct link *link = link_at(sessions, number);
  uint8_t nonce[AEAD_NONCE], *to = sessions->room + sessions->room_used;
  struct iovec inner[PARTS_MAX];
  size_t length = SEALED_EXTRA;
  if (link != NULL && sealed_by(link->sealing) >= SESSION_SEALS_MAX) set_sealing(sessions, link, NULL);
  if (link == NULL || link->sealing == NULL || udp_address_length(&link->endpoint) == 0) return ENOKEY;
  if (parts_count == 0 || parts_count > PARTS_MAX || parts[0].iov_len < PLAIN_HEADER) return EINVAL;
  for (size_t part = 0; part < parts_count; part++) length += parts[part].iov_len;
  if (length > sessions_room(sessions)) return ENOBUFS;
  memcpy(inner, parts, parts_count * sizeof *parts);
  const uint8_t *plain = parts[0].iov_base;
  inner[0] = (struct iovec){(void *)(plain + PLAIN_HEADER), parts[0].iov_len - PLAIN_HEADER};
  uint8_t flags = FLAG_SEALED | (plain[PLAIN_FLAGS_AT] & FLAG_FRAGMENT) | (is_bulk ? FLAG_BULK : 0);
  write_header(to, link->sealing, flags);
  write_nonce(nonce, to);
  if (!aead_seal(link->sealing->seals, nonce, inner, parts_count, to + SEALED_HEADER)) return EIO;
  link->sealed_ns = sessions->now_ns;
  count(sessions, COUNT_SEALED);
  sessions->room_used += length;
  *sealed = (struct iovec){to, length};
  return 0;
}
