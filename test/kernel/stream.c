/*
 * Streams that are no bottleneck, of bytes that both ends know: each word says its place and its stream.
 *
 *   stream serve ADDRESS STREAMS BYTES    sends so many bytes, in all, to whoever connects; says `ready` before
 *   stream fetch ADDRESS STREAMS BYTES    compares every byte that comes; says `exact SECONDS`, or where the first wrong one is
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 7000
#define CHUNK (1u << 17)
#define WORDS (CHUNK / sizeof(uint64_t))

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void fill(uint64_t *words, uint64_t first, uint64_t stream) {
  for (uint64_t at = 0; at < WORDS; at++) words[at] = (first + at) * 0x9e3779b97f4a7c15u + stream;
}

static struct sockaddr_in place(const char *address, int stream) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(PORT + stream))};
  if (inet_pton(AF_INET, address, &at.sin_addr) != 1) fail(address);
  return at;
}

static int listen_at(const char *address, int stream) {
  struct sockaddr_in at = place(address, stream);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1) < 0) fail("listen");
  return fd;
}

static void serve(int listening, int stream, uint64_t bytes) {
  static uint64_t words[WORDS];
  int fd = accept(listening, NULL, NULL);
  if (fd < 0) fail("accept");
  for (uint64_t sent = 0; sent < bytes;) {
    size_t within = sent % CHUNK, length = CHUNK - within;
    if (within == 0) fill(words, sent / sizeof *words, (uint64_t)stream);
    if (length > bytes - sent) length = (size_t)(bytes - sent);
    ssize_t done = send(fd, (const char *)words + within, length, MSG_NOSIGNAL);
    if (done < 0) fail("send");
    sent += (uint64_t)done;
  }
  shutdown(fd, SHUT_WR);
  /* Until the other end has all. */
  char end;
  if (recv(fd, &end, 1, 0) < 0) fail("recv");
}

static void compare(const char *got, const uint64_t *words, uint64_t first, size_t length, int stream) {
  const char *expected = (const char *)words + first % CHUNK;
  if (memcmp(got, expected, length) == 0) return;
  size_t at = 0;
  while (got[at] == expected[at]) at++;
  fprintf(stderr, "stream %d: byte %llu is wrong\n", stream, (unsigned long long)(first + at));
  exit(1);
}

static void fetch(const char *address, int stream, uint64_t bytes) {
  static uint64_t words[WORDS];
  static char got[CHUNK];
  struct sockaddr_in at = place(address, stream);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  uint64_t received = 0;
  if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0) fail("connect");
  for (;;) {
    size_t within = received % CHUNK;
    if (within == 0) fill(words, received / sizeof *words, (uint64_t)stream);
    ssize_t length = recv(fd, got, CHUNK - within, 0);
    if (length < 0) fail("recv");
    if (length == 0) break;
    compare(got, words, received, (size_t)length, stream);
    received += (uint64_t)length;
  }
  if (received == bytes) return;
  fprintf(stderr, "stream %d: %llu bytes came\n", stream, (unsigned long long)received);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t share(uint64_t bytes, int streams, int stream) {
  return stream + 1 == streams ? bytes - bytes / (uint64_t)streams * (uint64_t)stream : bytes / (uint64_t)streams;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  int serves = strcmp(arguments[1], "serve") == 0, streams = atoi(arguments[3]), worst = 0, status;
  const char *address = arguments[2];
  uint64_t bytes = strtoull(arguments[4], NULL, 10);
  double start = now();
  for (int stream = 0; stream < streams; stream++) {
    int listening = serves ? listen_at(address, stream) : -1;
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    if (serves) serve(listening, stream, share(bytes, streams, stream));
    else fetch(address, stream, share(bytes, streams, stream));
    return 0;
  }
  if (serves) {
    puts("ready");
    fflush(stdout);
  }
  while (wait(&status) > 0) worst |= status;
  if (worst == 0 && !serves) printf("exact %.3f\n", now() - start);
  return worst == 0 ? 0 : 1;
}
