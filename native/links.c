/*
 * Links and sessions as a JavaScript object. sessions.c does the work; native-links.ts calls the methods as handshakes end and
 * timers fire. Sockets use the sessions once `guard` of udp.c has been called with the object, and keep it alive.
 */
#include "links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aead.h"
#include "handle.h"
#include "mac.h"
#include "segments.h"
#include "udp.h"

#define ARGUMENTS_MAX 8u
#define STATE_NUMBERS 4u

static const napi_type_tag TAG = {0x6d6f73616963206cu, 0x696e6b732f7365abu};

/* The sessions, and references to the arrays of JavaScript that they write. */
struct links {
  struct sessions *sessions;
  napi_ref arrays[2];
};

static void on_collected(napi_env env, void *data, void *hint) {
  struct links *links = data;
  (void)hint;
  sessions_free(links->sessions);
  for (size_t at = 0; at < 2; at++) napi_delete_reference(env, links->arrays[at]);
  free(links);
}

struct sessions *links_of(napi_env env, napi_value object) {
  bool is_tagged = false;
  void *data = NULL;
  if (napi_check_object_type_tag(env, object, &TAG, &is_tagged) != napi_ok || !is_tagged) return NULL;
  return napi_unwrap(env, object, &data) == napi_ok ? ((struct links *)data)->sessions : NULL;
}

/* Returns the sessions of `this` and sets the arguments; those that are missing are undefined. */
static struct sessions *self(napi_env env, napi_callback_info info, napi_value arguments[ARGUMENTS_MAX]) {
  size_t count = ARGUMENTS_MAX;
  napi_value object;
  if (napi_get_cb_info(env, info, &count, arguments, &object, NULL) != napi_ok) return NULL;
  return links_of(env, object);
}

static uint32_t number_of(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

/* Returns the bytes of a key; NULL if the value is none. */
static const uint8_t *key_of(napi_env env, napi_value value) {
  size_t length = 0;
  const uint8_t *bytes = bytes_of(env, value, &length);
  return length == AEAD_KEY ? bytes : NULL;
}

/* mac(key, bytes): the keyed BLAKE2s of the bytes; undefined if it cannot be computed here. Called as messages are sent. */
napi_value links_mac(napi_env env, napi_callback_info info) {
  size_t count = 2, length = 0;
  napi_value arguments[2], result = NULL;
  uint8_t mac[MAC_BYTES];
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 2 || !mac_works()) return NULL;
  const uint8_t *key = key_of(env, arguments[0]);
  const uint8_t *bytes = bytes_of(env, arguments[1], &length);
  struct evp_mac_ctx_st *context = key == NULL || bytes == NULL ? NULL : mac_new(key);
  if (context == NULL) return NULL;
  if (mac_write(context, bytes, length, mac)) napi_create_buffer_copy(env, MAC_BYTES, mac, NULL, &result);
  mac_free(context);
  return result;
}

/* setMacKey(key): an errno, or 0. */
static napi_value set_mac_key(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  struct sessions *sessions = self(env, info, arguments);
  const uint8_t *key = sessions == NULL ? NULL : key_of(env, arguments[0]);
  return number_value(env, key == NULL ? EINVAL : sessions_set_mac_key(sessions, key));
}

/* setEndpoint(link, address): an errno, or 0. */
static napi_value set_endpoint(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  union udp_address endpoint;
  struct sessions *sessions = self(env, info, arguments);
  bool is_valid = sessions != NULL && udp_read_address(env, arguments[1], &endpoint);
  return number_value(env, is_valid ? sessions_set_endpoint(sessions, number_of(env, arguments[0]), &endpoint) : EINVAL);
}

/* addSession(link, id, peerId, cipher, sealKey, openKey, isConfirmed): an errno, or 0. */
static napi_value add_session(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  struct sessions *sessions = self(env, info, arguments);
  if (sessions == NULL) return number_value(env, EINVAL);
  struct new_session wanted = {.link = number_of(env, arguments[0]),
                               .id = number_of(env, arguments[1]),
                               .peer_id = number_of(env, arguments[2]),
                               .cipher = (enum aead_cipher)number_of(env, arguments[3]),
                               .seal_key = key_of(env, arguments[4]),
                               .open_key = key_of(env, arguments[5])};
  napi_get_value_bool(env, arguments[6], &wanted.is_confirmed);
  bool has_keys = wanted.seal_key != NULL && wanted.open_key != NULL;
  return number_value(env, has_keys ? sessions_add(sessions, &wanted) : EINVAL);
}

/* removeSession(id) */
static napi_value remove_session(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  struct sessions *sessions = self(env, info, arguments);
  if (sessions != NULL) sessions_remove(sessions, number_of(env, arguments[0]));
  return NULL;
}

/* removeLink(link) */
static napi_value remove_link(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  struct sessions *sessions = self(env, info, arguments);
  if (sessions != NULL) sessions_remove_link(sessions, number_of(env, arguments[0]));
  return NULL;
}

/* sealWith(link, id): whether the link has this session. */
static napi_value seal_with(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX], result;
  struct sessions *sessions = self(env, info, arguments);
  bool is_done = sessions != NULL && sessions_seal_with(sessions, number_of(env, arguments[0]), number_of(env, arguments[1]));
  napi_get_boolean(env, is_done, &result);
  return result;
}

/* state(link, numbers): the endpoint, undefined without the link; writes the STATE_NUMBERS numbers of `struct link_state`. */
static napi_value state_of(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX], endpoint;
  struct link_state state;
  size_t room = 0;
  struct sessions *sessions = self(env, info, arguments);
  if (sessions == NULL || !sessions_state(sessions, number_of(env, arguments[0]), &state)) return NULL;
  const double numbers[STATE_NUMBERS] = {state.id, (double)state.sealed, (double)state.sealed_ns, (double)state.opened_ns};
  uint8_t *to = bytes_of(env, arguments[1], &room);
  if (room >= sizeof numbers) memcpy(to, numbers, sizeof numbers);
  napi_create_buffer_copy(env, sizeof state.endpoint, &state.endpoint, NULL, &endpoint);
  return endpoint;
}

/*
 * seal(link, train, stride, count, lastAt, lastLength, isBulk, sealed): seals the segments, one after the other. Returns the
 * number of bytes written; 0 if the link cannot seal or `sealed` is too short.
 */
static napi_value seal(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  struct segments segments;
  size_t bytes = 0, room = 0, written = 0;
  bool is_bulk = false;
  struct sessions *sessions = self(env, info, arguments);
  if (sessions == NULL) return number_value(env, 0);
  const uint8_t *first = memory_of(env, arguments[1], &segments.length, &bytes);
  segments.stride = number_of(env, arguments[2]), segments.count = number_of(env, arguments[3]);
  segments.last_at = number_of(env, arguments[4]), segments.last_length = number_of(env, arguments[5]);
  napi_get_value_bool(env, arguments[6], &is_bulk);
  uint8_t *to = bytes_of(env, arguments[7], &room);
  if (first == NULL || !segments_are_within(&segments, bytes)) return number_value(env, 0);
  sessions_tick(sessions);
  for (size_t at = 0; at < segments.count; at++) {
    struct iovec sealed, part = {(void *)(first + segment_at(&segments, at)), segment_length(&segments, at)};
    sessions_clear_room(sessions);
    if (sessions_seal(sessions, number_of(env, arguments[0]), &part, 1, is_bulk, &sealed) != 0) return number_value(env, 0);
    if (sealed.iov_len > room - written) return number_value(env, 0);
    memcpy(to + written, sealed.iov_base, sealed.iov_len);
    written += sealed.iov_len;
  }
  return number_value(env, (int32_t)written);
}

/*
 * open(datagram, from): opens a datagram in place, as one that a socket has received. Returns its link, 0 for a message of the
 * handshake, -1 if it must be dropped.
 */
static napi_value open_datagram(napi_env env, napi_callback_info info) {
  napi_value arguments[ARGUMENTS_MAX];
  union udp_address from;
  struct opened opened;
  size_t length = 0;
  struct sessions *sessions = self(env, info, arguments);
  if (sessions == NULL || !udp_read_address(env, arguments[1], &from)) return number_value(env, -1);
  uint8_t *bytes = bytes_of(env, arguments[0], &length);
  sessions_tick(sessions);
  return number_value(env, sessions_open(sessions, bytes, length, &from, &opened) ? (int32_t)opened.link : -1);
}

static const struct method METHODS[] = {
    {"setMacKey", set_mac_key},   {"setEndpoint", set_endpoint}, {"addSession", add_session}, {"removeSession", remove_session},
    {"removeLink", remove_link}, {"sealWith", seal_with},       {"state", state_of},        {"seal", seal},
    {"open", open_datagram},
};

static napi_value object_of(napi_env env, struct links *links) {
  napi_value object, function;
  napi_create_object(env, &object);
  for (size_t at = 0; at < sizeof METHODS / sizeof *METHODS; at++) {
    napi_create_function(env, METHODS[at].name, NAPI_AUTO_LENGTH, METHODS[at].call, NULL, &function);
    napi_set_named_property(env, object, METHODS[at].name, function);
  }
  napi_type_tag_object(env, object, &TAG);
  napi_wrap(env, object, links, on_collected, NULL, NULL);
  return object;
}

static napi_value refused(napi_env env, const char *why) {
  napi_value text;
  napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &text);
  return text;
}

napi_value links_open(napi_env env, napi_callback_info info) {
  size_t count = 2, counts = 0, seals = 0;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  struct sessions_memory memory = {(volatile double *)bytes_of(env, arguments[0], &counts),
                                   (volatile uint32_t *)bytes_of(env, arguments[1], &seals)};
  if (counts < SESSION_COUNTS * sizeof *memory.counts || seals < (LINKS_MAX + 1) * sizeof *memory.seals) {
    return refused(env, "its memory is too short");
  }
  if (!aead_works()) return refused(env, "this Node.js does not export AES-GCM and ChaCha20-Poly1305 of OpenSSL");
  if (!mac_works()) return refused(env, "this Node.js does not export BLAKE2s of OpenSSL");
  struct links *links = calloc(1, sizeof *links);
  if (links != NULL) links->sessions = sessions_new(memory);
  if (links == NULL || links->sessions == NULL) {
    free(links);
    return refused(env, "there is no memory");
  }
  for (size_t at = 0; at < 2; at++) napi_create_reference(env, arguments[at], 1, &links->arrays[at]);
  return object_of(env, links);
}
