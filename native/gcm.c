/*
 * AES-GCM by the OpenSSL inside Node.js, whose binary exports it: f_seal and f_open of rules. A call of node:crypto makes an
 * object of JavaScript for each packet, which takes several times as long as the encryption.
 *
 * OpenSSL expands a key once per context, so the contexts of the latest keys are kept. A context belongs to the thread that
 * made it. With a Node.js that does not export the functions of OpenSSL, the functions below return undefined. Then
 * runtime/device uses node:crypto.
 */
#include "gcm.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "handle.h"
#include "openssl.h"
#include "segments.h"

#define NONCE_BYTES 12u
#define TAG_BYTES 16u
#define KEY_MAX 32u
/* Longest input of one call. OpenSSL takes lengths as `int`. */
#define LENGTH_MAX (1u << 30)

static bool has_openssl(void) {
  return EVP_CIPHER_CTX_new && EVP_CIPHER_CTX_free && EVP_CIPHER_CTX_ctrl && EVP_aes_128_gcm && EVP_aes_256_gcm &&
         EVP_CipherInit_ex && EVP_CipherUpdate && EVP_CipherFinal_ex && OPENSSL_cleanse;
}

struct bytes {
  uint8_t *at;
  size_t length;
};

/* A context and the key and direction for which it was made. `context` is NULL in an entry without a key. */
struct kept {
  EVP_CIPHER_CTX *context;
  uint8_t key[KEY_MAX];
  size_t key_length;
  bool encrypts;
};

/* Contexts of the latest keys. The next key replaces the entry `next`. */
#define KEPT 16u
static _Thread_local struct kept kept[KEPT];
static _Thread_local size_t next;
static _Thread_local size_t latest;

static bool is_for(const struct kept *entry, struct bytes key, bool encrypts) {
  return entry->context != NULL && entry->encrypts == encrypts && entry->key_length == key.length &&
         memcmp(entry->key, key.at, key.length) == 0;
}

static EVP_CIPHER_CTX *new_context(struct bytes key, bool encrypts) {
  const EVP_CIPHER *cipher = key.length == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context != NULL && EVP_CipherInit_ex(context, cipher, NULL, key.at, NULL, encrypts) == 1) return context;
  if (context != NULL) EVP_CIPHER_CTX_free(context);
  return NULL;
}

static struct kept *keep(struct bytes key, bool encrypts) {
  struct kept *entry = &kept[next];
  EVP_CIPHER_CTX *context = new_context(key, encrypts);
  if (context == NULL) return NULL;
  if (entry->context != NULL) EVP_CIPHER_CTX_free(entry->context);
  OPENSSL_cleanse(entry->key, sizeof entry->key);
  memcpy(entry->key, key.at, key.length);
  entry->key_length = key.length;
  entry->encrypts = encrypts;
  entry->context = context;
  latest = next;
  next = (next + 1) % KEPT;
  return entry;
}

static EVP_CIPHER_CTX *context_for(struct bytes key, bool encrypts) {
  if (key.length != 16 && key.length != KEY_MAX) return NULL;
  struct kept *entry = &kept[latest];
  for (size_t at = 0; at < KEPT && !is_for(entry, key, encrypts); at++) {
    entry = &kept[at];
    latest = at;
  }
  if (!is_for(entry, key, encrypts)) entry = keep(key, encrypts);
  return entry == NULL ? NULL : entry->context;
}

/* Begins a message: nonce and the bytes that are only authenticated. */
static bool begin(EVP_CIPHER_CTX *context, const uint8_t *nonce, struct bytes extra) {
  int written = 0;
  if (EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) != 1) return false;
  return extra.length == 0 || EVP_CipherUpdate(context, NULL, &written, extra.at, (int)extra.length) == 1;
}

static bool update(EVP_CIPHER_CTX *context, uint8_t *to, const uint8_t *from, size_t length) {
  int written = 0;
  return length == 0 || EVP_CipherUpdate(context, to, &written, from, (int)length) == 1;
}

static bool seal(EVP_CIPHER_CTX *context, const uint8_t *nonce, struct bytes plain, struct bytes extra, uint8_t *sealed) {
  int written = 0;
  uint8_t none[TAG_BYTES];
  return begin(context, nonce, extra) && update(context, sealed, plain.at, plain.length) &&
         EVP_CipherFinal_ex(context, none, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, sealed + plain.length) == 1;
}

/* Returns false if the tag is wrong; then `plain` has undefined content. */
static bool unseal(EVP_CIPHER_CTX *context, const uint8_t *nonce, struct bytes sealed, struct bytes extra, uint8_t *plain) {
  int written = 0;
  uint8_t none[TAG_BYTES];
  size_t length = sealed.length - TAG_BYTES;
  return begin(context, nonce, extra) && update(context, plain, sealed.at, length) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, sealed.at + length) == 1 &&
         EVP_CipherFinal_ex(context, none, &written) == 1;
}

static struct bytes bytes_argument(napi_env env, napi_value value) {
  struct bytes bytes = {NULL, 0};
  bytes.at = bytes_of(env, value, &bytes.length);
  return bytes;
}

static napi_value boolean(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

/* key, nonce, input, extra, output of `seal` and `open` */
struct call {
  struct bytes key, nonce, input, extra, output;
};

static bool read_call(napi_env env, napi_callback_info info, struct call *call) {
  size_t count = 5;
  napi_value arguments[5];
  struct bytes *parts[] = {&call->key, &call->nonce, &call->input, &call->extra, &call->output};
  if (!has_openssl() || napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 5) return false;
  for (size_t at = 0; at < 5; at++) *parts[at] = bytes_argument(env, arguments[at]);
  return call->nonce.length == NONCE_BYTES && call->input.length <= LENGTH_MAX && call->extra.length <= LENGTH_MAX;
}

/* seal(key, nonce, plain, extra, sealed): undefined if it cannot be done here. */
napi_value gcm_seal(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call) || call.output.length != call.input.length + TAG_BYTES) return NULL;
  EVP_CIPHER_CTX *context = context_for(call.key, true);
  if (context == NULL || !seal(context, call.nonce.at, call.input, call.extra, call.output.at)) return NULL;
  return boolean(env, true);
}

/* open(key, nonce, sealed, extra, plain): whether the tag is right; undefined if it cannot be done here. */
napi_value gcm_open(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call) || call.input.length != call.output.length + TAG_BYTES) return NULL;
  EVP_CIPHER_CTX *context = context_for(call.key, false);
  if (context == NULL) return NULL;
  return boolean(env, unseal(context, call.nonce.at, call.input, call.extra, call.output.at));
}

/* Reads the segments that begin with the bytes of `value`, and returns their first byte; NULL if they exceed their memory. */
static uint8_t *read_segments(napi_env env, napi_value value, const uint32_t *numbers, struct segments *segments) {
  size_t bytes = 0;
  uint8_t *first = memory_of(env, value, &segments->length, &bytes);
  segments->stride = numbers[0], segments->count = numbers[1], segments->last_at = numbers[2];
  segments->last_length = numbers[3];
  return first != NULL && segments_are_within(segments, bytes) ? first : NULL;
}

static uint32_t open_segments(EVP_CIPHER_CTX *context, const uint8_t *nonces, const struct segments *nonce,
                              const uint8_t *sealed, const struct segments *segments, struct bytes extra, uint8_t *plain) {
  uint32_t opened = 0;
  for (size_t at = 0; at < segments->count; at++) {
    struct bytes part = {(uint8_t *)sealed + segment_at(segments, at), segment_length(segments, at)};
    if (part.length < TAG_BYTES) continue;
    uint8_t *to = plain + at * (segments->length - TAG_BYTES);
    if (unseal(context, nonces + segment_at(nonce, at), part, extra, to)) opened++;
  }
  return opened;
}

/*
 * openTrain(key, nonces, nonceStride, nonceLastAt, sealed, stride, count, lastAt, lastLength, extra, plain): the number of
 * segments with a right tag; undefined if it cannot be done here.
 */
napi_value gcm_open_train(napi_env env, napi_callback_info info) {
  enum { KEY, NONCES, NONCE_STRIDE, NONCE_LAST_AT, SEALED, STRIDE, COUNT, LAST_AT, LAST_LENGTH, EXTRA, PLAIN, ARGUMENTS };
  size_t count = ARGUMENTS;
  napi_value arguments[ARGUMENTS];
  struct segments nonce, segments;
  uint32_t numbers[ARGUMENTS] = {0};
  if (!has_openssl() || napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < ARGUMENTS) return NULL;
  static const size_t NUMBERS[] = {NONCE_STRIDE, NONCE_LAST_AT, STRIDE, COUNT, LAST_AT, LAST_LENGTH};
  for (size_t at = 0; at < sizeof NUMBERS / sizeof *NUMBERS; at++) {
    napi_get_value_uint32(env, arguments[NUMBERS[at]], &numbers[NUMBERS[at]]);
  }
  const uint32_t of_nonces[] = {numbers[NONCE_STRIDE], numbers[COUNT], numbers[NONCE_LAST_AT], NONCE_BYTES};
  const uint8_t *nonces = read_segments(env, arguments[NONCES], of_nonces, &nonce);
  const uint8_t *sealed = read_segments(env, arguments[SEALED], numbers + STRIDE, &segments);
  struct bytes extra = bytes_argument(env, arguments[EXTRA]), plain = bytes_argument(env, arguments[PLAIN]);
  if (nonces == NULL || sealed == NULL || nonce.length != NONCE_BYTES || segments.length < TAG_BYTES) return NULL;
  if (segments.length > LENGTH_MAX || extra.length > LENGTH_MAX) return NULL;
  if (plain.length / segments.count < segments.length - TAG_BYTES) return NULL;
  EVP_CIPHER_CTX *context = context_for(bytes_argument(env, arguments[KEY]), false);
  if (context == NULL) return NULL;
  return number_value(env, (int32_t)open_segments(context, nonces, &nonce, sealed, &segments, extra, plain.at));
}
