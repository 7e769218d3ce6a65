/*
 * Steering of datagrams between the data socket and the control socket of one port: a classic BPF program that the kernel runs
 * over each datagram, and whose result is the index of the socket in the group. udp-socket.c attaches the program once.
 *
 * The program walks through the encapsulated tuples of a datagram (docs/wire.md), up to LAYERS of them, and gives datagrams
 * with packets of devices to the data socket. A load beyond the end of the datagram ends the program with 0, the data socket.
 * A wrong decision does no harm, because both sockets are received alike. The program cannot read a sealed datagram: the sender
 * has walked through it (`udp_is_bulk`) and says the result by the flag of the lane.
 */
#include "udp-steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "sealed-datagram.h"

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

/* Indexes of the sockets in the group. */
#define DATA_SOCKET 0
#define CONTROL_SOCKET 1

/* Magic, version and flags of a datagram without flags, and the bits of the first word that hold magic and version. */
#define DATAGRAM 0x4d5a0100
#define START_BITS 0xffffff00
#define HEADER PLAIN_HEADER

/* Length of the hash of a tuple. */
#define HASH 4u

#define TAG_STRING 5
#define TAG_ID 6
#define TAG_ADDRESS 7
#define TAG_PACKET 10

/* Greatest depth of encapsulation that is examined. Deeper datagrams are assumed to carry packets of devices. */
#define LAYERS 6u

#define LOAD_BYTE(at) BPF_STMT(BPF_LD | BPF_B | BPF_IND, at)
#define LOAD_WORD(at) BPF_STMT(BPF_LD | BPF_W | BPF_IND, at)
#define LOAD_LENGTH BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)
#define RETURN(socket) BPF_STMT(BPF_RET | BPF_K, socket)
#define UNLESS_EQUAL(value, next) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, next)
#define IF_EQUAL(value, next) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, next, 0)
#define IF_LEFT(next) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, next, 0)
#define UNLESS_BIT(value, next) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, next)
#define PUT(number, slot) BPF_STMT(BPF_LD | BPF_IMM, number), BPF_STMT(BPF_ST, slot)
#define SKIP(bytes) BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, bytes), BPF_STMT(BPF_MISC | BPF_TAX, 0)
/* Skips as many bytes as the byte at `at` says, and as many more as the scratch slot says. */
#define SKIP_COUNTED(at, slot)                                                                                    \
  LOAD_BYTE(at), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_MEM, slot), \
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0)

/* Start of the walk. Register X is the offset in the datagram. */
static const struct sock_filter start[] = {
    BPF_STMT(BPF_LDX | BPF_IMM, 0),
    LOAD_WORD(0),
    IF_EQUAL(DATAGRAM, 6),
    UNLESS_BIT(FLAG_BULK, 1),
    RETURN(DATA_SOCKET),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, START_BITS),
    IF_EQUAL(DATAGRAM, 1),
    RETURN(DATA_SOCKET),
    RETURN(CONTROL_SOCKET),
    BPF_STMT(BPF_LDX | BPF_IMM, HEADER),
};

/*
 * One step of the walk: first X is the offset of the hash of a tuple, and at the end the offset of the hash of the tuple inside
 * it. The comparisons, from index COMPARISONS on, get the hashes of `packets`.
 */
#define COMPARISONS 1
static const struct sock_filter layer[] = {
    LOAD_WORD(0),
    IF_EQUAL(0, 10),
    IF_EQUAL(0, 9),
    IF_EQUAL(0, 8),
    IF_EQUAL(0, 7),
    IF_EQUAL(0, 6),
    IF_EQUAL(0, 5),
    IF_EQUAL(0, 4),
    IF_EQUAL(0, 3),
    IF_EQUAL(0, 2),
    IF_EQUAL(0, 1),
    UNLESS_EQUAL(0, 1),
    RETURN(DATA_SOCKET),
    /* A tuple without fields: the length of its fields is 0. */
    LOAD_BYTE(4),
    UNLESS_EQUAL(0, 1),
    RETURN(CONTROL_SOCKET),
    /* Skips the length, a variable-length integer of up to 4 bytes: each byte before the last one has its high bit set. */
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    SKIP(1),
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    SKIP(1),
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    SKIP(1),
    SKIP(5),
    /* Skips the destination: a string, an id, or an overlay address, which has a name before the id and options after it. */
    PUT(2, 0),
    LOAD_BYTE(0),
    UNLESS_EQUAL(TAG_ADDRESS, 10),
    PUT(2, 1),
    SKIP_COUNTED(1, 1),
    PUT(3, 0),
    LOAD_BYTE(0),
    IF_EQUAL(TAG_STRING, 2),
    IF_EQUAL(TAG_ID, 1),
    RETURN(CONTROL_SOCKET),
    SKIP_COUNTED(1, 0),
    LOAD_LENGTH,
    IF_LEFT(1),
    RETURN(CONTROL_SOCKET),
    LOAD_BYTE(0),
    IF_EQUAL(TAG_PACKET, 1),
    RETURN(CONTROL_SOCKET),
    SKIP(2),
};

static const struct sock_filter end[] = {RETURN(DATA_SOCKET)};

#define LENGTH_OF(part) (sizeof(part) / sizeof *(part))
#define PROGRAM_MAX (LENGTH_OF(start) + LAYERS * LENGTH_OF(layer) + LENGTH_OF(end))

int udp_steer(int fd, const uint32_t packets[UDP_PACKET_KINDS]) {
  struct sock_filter instructions[PROGRAM_MAX];
  struct sock_filter *at = instructions;
  memcpy(at, start, sizeof start);
  at += LENGTH_OF(start);
  for (size_t count = 0; count < LAYERS; count++, at += LENGTH_OF(layer)) {
    memcpy(at, layer, sizeof layer);
    for (size_t kind = 0; kind < UDP_PACKET_KINDS; kind++) at[COMPARISONS + kind].k = packets[kind];
  }
  memcpy(at, end, sizeof end);
  const struct sock_fprog program = {PROGRAM_MAX, instructions};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) < 0 ? errno : 0;
}

static bool is_packet(const uint32_t packets[UDP_PACKET_KINDS], const uint8_t *hash) {
  uint32_t number = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
  for (size_t kind = 0; kind < UDP_PACKET_KINDS; kind++) {
    if (packets[kind] == number) return true;
  }
  return false;
}

/* Returns the offset after the destination at `at`, or 0 if the bytes there are none. */
static size_t skip_destination(const uint8_t *bytes, size_t at, size_t length) {
  bool is_address = bytes[at] == TAG_ADDRESS;
  if (is_address) at += 2u + bytes[at + 1];
  if (at + 1 >= length || (bytes[at] != TAG_STRING && bytes[at] != TAG_ID)) return 0;
  return at + 2u + bytes[at + 1] + (is_address ? 1 : 0);
}

/* The same walk as that of the program. */
bool udp_is_bulk(const uint32_t packets[UDP_PACKET_KINDS], const uint8_t *bytes, size_t length) {
  size_t at = HEADER;
  if (length < HEADER || (bytes[PLAIN_FLAGS_AT] & FLAG_FRAGMENT) != 0) return length < HEADER;
  for (size_t layer = 0; layer < LAYERS; layer++) {
    if (at + HASH >= length || is_packet(packets, bytes + at)) return true;
    at += HASH;
    if (bytes[at] == 0) return false;
    for (size_t more = 0; more < 3 && at < length && (bytes[at] & 0x80) != 0; more++) at++;
    if (++at + 1 >= length) return true;
    at = skip_destination(bytes, at, length);
    if (at == 0 || at + 2 >= length || bytes[at] != TAG_PACKET) return false;
    at += 2;
  }
  return true;
}
