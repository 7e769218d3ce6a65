/*
 * Steering of datagrams between the data socket and the control socket of one port: a classic BPF program that the kernel runs
 * over each datagram, and whose result is the index of the socket in the group. udp-socket.c attaches the program once.
 *
 * The program walks through the encapsulated tuples of a datagram (docs/wire.md), up to LAYERS of them, and gives datagrams
 * with packets of devices to the data socket. A load beyond the end of the datagram ends the program with 0, the data socket.
 * A wrong decision does no harm, because both sockets are received alike.
 */
#include "udp-steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

/* Indexes of the sockets in the group. */
#define DATA_SOCKET 0
#define CONTROL_SOCKET 1

/* Magic, version and flags of a datagram, and of a fragment. */
#define DATAGRAM 0x4d5a0100
#define FRAGMENT 0x4d5a0101
#define HEADER 4

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
    UNLESS_EQUAL(FRAGMENT, 1),
    RETURN(CONTROL_SOCKET),
    IF_EQUAL(DATAGRAM, 1),
    RETURN(DATA_SOCKET),
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
