/*
 * Fuzzer of sessions.c, aead.c and the walk of udp-steering.c: sealed datagrams, whole, mutated, cut, replayed and reflected, in
 * memory of exactly their size, so that an address sanitizer finds every access beyond that memory. A datagram that opens must
 * be one that was sealed, as it was sealed, for the first time. Below are an OpenSSL whose cipher is an exclusive or, and whose
 * tag is a sum: the fuzzer cannot guess the tag by accident, and needs no library.
 *
 *   cc -std=gnu11 -fsanitize=address,undefined -O1 -g -I.. -o sessions sessions.c ../sessions.c ../aead.c ../replay-window.c \
 *     ../udp-steering.c ../udp-address.c ../clock.c ../mac.c
 *   ./sessions SECONDS [SEED]       exit 1 at the first difference; the seed repeats it
 */
#include "sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "openssl.h"
#include "sealed-datagram.h"
#include "udp-steering.h"

/* Datagrams that are kept to be sent again. */
#define KEPT 4096u
#define LENGTH_MAX 300u
#define LINKS 3u

struct evp_cipher_ctx_st {
  uint8_t key[AEAD_KEY], tag[AEAD_TAG];
  uint64_t sum;
  bool encrypts;
};

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void) {
  return calloc(1, sizeof(EVP_CIPHER_CTX));
}

void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context) {
  free(context);
}

const EVP_CIPHER *EVP_aes_256_gcm(void) {
  return NULL;
}

const EVP_CIPHER *EVP_chacha20_poly1305(void) {
  return NULL;
}

static void add(EVP_CIPHER_CTX *context, const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) context->sum = (context->sum ^ bytes[at]) * 0x100000001b3u;
}

int EVP_CipherInit_ex(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, void *engine, const uint8_t *key, const uint8_t *nonce,
                      int encrypt) {
  (void)cipher, (void)engine;
  if (key != NULL) memcpy(context->key, key, sizeof context->key);
  if (encrypt >= 0) context->encrypts = encrypt != 0;
  if (nonce == NULL) return 1;
  context->sum = 0xcbf29ce484222325u;
  add(context, context->key, sizeof context->key);
  add(context, nonce, AEAD_NONCE);
  return 1;
}

int EVP_CipherUpdate(EVP_CIPHER_CTX *context, uint8_t *to, int *written, const uint8_t *from, int length) {
  for (int at = 0; at < length; at++) {
    uint8_t byte = from[at], changed = byte ^ context->key[0];
    add(context, context->encrypts ? &byte : &changed, 1);
    to[at] = changed;
  }
  *written = length;
  return 1;
}

static void tag_of(const EVP_CIPHER_CTX *context, uint8_t tag[AEAD_TAG]) {
  memset(tag, 0, AEAD_TAG);
  memcpy(tag, &context->sum, sizeof context->sum);
}

int EVP_CipherFinal_ex(EVP_CIPHER_CTX *context, uint8_t *to, int *written) {
  uint8_t right[AEAD_TAG];
  (void)to;
  *written = 0;
  tag_of(context, right);
  return context->encrypts || memcmp(right, context->tag, AEAD_TAG) == 0;
}

int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int number, void *pointer) {
  if (type == EVP_CTRL_AEAD_GET_TAG) tag_of(context, pointer);
  else memcpy(context->tag, pointer, (size_t)number);
  return 1;
}

static uint64_t state;

static uint32_t any(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

static uint32_t below(uint32_t end) {
  return any() % end;
}

static void fail(const char *what) {
  fprintf(stderr, "sessions: %s\n", what);
  abort();
}

/* A datagram on the way. */
struct sent {
  uint8_t *bytes;
  size_t length;
  uint32_t link;
  bool has_opened;
};

struct side {
  double counts[SESSION_COUNTS];
  uint32_t seals[LINKS_MAX + 1];
  struct sessions *sessions;
  struct sent sent[KEPT];
};

static struct side sides[2];
static unsigned long long tried, opened_count;
static const union udp_address FROM = {.v4 = {.sin_family = AF_INET, .sin_port = 1, .sin_addr = {1}}};
static uint32_t generation;
/* The latest generations of each link. */
static uint32_t latest[LINKS + 1][3];

/* Gives both sides another session of a link, and removes the one that is three generations old. */
static void rekey(uint32_t link) {
  uint8_t keys[2][AEAD_KEY];
  uint32_t *of_link = latest[link], oldest = of_link[2];
  of_link[2] = of_link[1], of_link[1] = of_link[0], of_link[0] = ++generation;
  for (size_t at = 0; at < 2; at++) memset(keys[at], (int)(7 * generation + at), AEAD_KEY);
  for (uint32_t side = 0; side < 2; side++) {
    struct new_session wanted = {.link = link, .id = 2 * generation + side, .peer_id = 2 * generation + !side,
                                 .seal_key = keys[side], .open_key = keys[!side], .is_confirmed = side == 0};
    struct sessions *sessions = sides[side].sessions;
    sessions_set_endpoint(sessions, link, &FROM);
    sessions_remove(sessions, 2 * oldest + side);
    if (sessions_add(sessions, &wanted) != 0) fail("no session");
  }
}

static uint8_t *copy_of(const uint8_t *bytes, size_t length) {
  uint8_t *copy = malloc(length == 0 ? 1 : length);
  if (copy == NULL) abort();
  memcpy(copy, bytes, length);
  return copy;
}

/* Seals a random datagram, which consists of up to three parts. */
static void seal(struct side *side) {
  struct sent *sent = &side->sent[below(KEPT)];
  uint32_t lengths[3] = {PLAIN_HEADER + below(80), below(LENGTH_MAX), below(4)};
  struct iovec parts[3], sealed;
  for (size_t part = 0; part < 3; part++) {
    uint8_t *bytes = malloc(lengths[part] == 0 ? 1 : lengths[part]);
    if (bytes == NULL) abort();
    for (size_t at = 0; at < lengths[part]; at++) bytes[at] = (uint8_t)any();
    parts[part] = (struct iovec){bytes, lengths[part]};
  }
  uint32_t link = 1 + below(LINKS);
  sessions_clear_room(side->sessions);
  if (sessions_seal(side->sessions, link, parts, 3, below(2) == 0, &sealed) == 0) {
    free(sent->bytes);
    *sent = (struct sent){copy_of(sealed.iov_base, sealed.iov_len), sealed.iov_len, link, false};
  }
  for (size_t part = 0; part < 3; part++) free(parts[part].iov_base);
}

/* Changes a few bytes, most of them of the header. */
static bool mutate(uint8_t *bytes, size_t length) {
  bool is_changed = false;
  for (uint32_t left = below(4); left > 0 && length > 0; left--) {
    size_t at = below(3) == 0 ? below((uint32_t)length) : below(length < 20 ? (uint32_t)length : 20);
    uint8_t before = bytes[at];
    bytes[at] = below(4) == 0 ? (uint8_t)any() : bytes[at] ^ (uint8_t)(1u << below(8));
    is_changed = is_changed || bytes[at] != before;
  }
  return is_changed;
}

/* Lets a side receive a datagram, which the other side or itself has sealed. */
static void receive(struct side *side, struct sent *sent, bool is_own) {
  struct opened opened;
  if (sent->bytes == NULL) return;
  size_t length = below(4) == 0 ? below((uint32_t)sent->length + 1) : sent->length;
  uint8_t *bytes = copy_of(sent->bytes, length);
  mutate(bytes, length);
  bool is_same = length == sent->length && memcmp(bytes, sent->bytes, length) == 0;
  tried++;
  if (sessions_open(side->sessions, bytes, length, &FROM, &opened)) {
    if (!is_same || is_own || sent->has_opened) fail("a datagram opened that must not");
    if (opened.link != sent->link || opened.length + SEALED_EXTRA != length) fail("a datagram opened as another one");
    sent->has_opened = true;
    opened_count++;
  }
  free(bytes);
}

/* Walks through bytes like those of nested tuples, in memory of exactly their size. */
static void walk(void) {
  static const uint8_t LIKELY[] = {0, 1, 2, 5, 6, 7, 10, 0x80, 0xff};
  static const uint32_t PACKETS[UDP_PACKET_KINDS] = {0x05050505};
  size_t length = below(60);
  uint8_t *bytes = malloc(length == 0 ? 1 : length);
  if (bytes == NULL) abort();
  for (size_t at = 0; at < length; at++) bytes[at] = below(8) == 0 ? (uint8_t)any() : LIKELY[below(sizeof LIKELY)];
  if (length > PLAIN_FLAGS_AT) bytes[PLAIN_FLAGS_AT] = 0;
  udp_is_bulk(PACKETS, bytes, length);
  free(bytes);
}

static void step(void) {
  struct side *side = &sides[below(2)];
  bool is_own = below(10) == 0;
  struct side *from = is_own ? side : &sides[side == sides];
  if (below(5000) == 0) rekey(1 + below(LINKS));
  if (below(4) == 0) seal(side);
  receive(side, &from->sent[below(KEPT)], is_own);
  walk();
}

int main(int count, char **arguments) {
  double seconds = count > 1 ? atof(arguments[1]) : 1;
  unsigned long long seed = count > 2 ? strtoull(arguments[2], NULL, 10) : (unsigned long long)time(NULL);
  clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  state = seed * 2654435761u + 1;
  printf("seed %llu\n", seed);
  for (size_t side = 0; side < 2; side++) {
    sides[side].sessions = sessions_new((struct sessions_memory){sides[side].counts, sides[side].seals});
    if (sides[side].sessions == NULL) abort();
  }
  for (uint32_t link = 1; link <= LINKS; link++) rekey(link);
  while (clock() < end) {
    for (int at = 0; at < 1000; at++) step();
  }
  for (size_t side = 0; side < 2; side++) {
    sessions_free(sides[side].sessions);
    for (size_t at = 0; at < KEPT; at++) free(sides[side].sent[at].bytes);
  }
  printf("%llu datagrams, %llu opened\n", tried, opened_count);
  return 0;
}
