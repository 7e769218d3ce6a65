/*
 * The program that the kernel runs over each datagram to choose its socket. Its loads begin at the datagram's first byte; one
 * beyond the last ends it with 0. What it misjudges arrives at the other socket, which is no harm.
 */
#include "udp-steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

#define WITH_PACKETS 0
#define OTHER 1

/* Magic, version and flags of a datagram, and of a fragment. */
#define DATAGRAM 0x4d5a0100
#define FRAGMENT 0x4d5a0101
#define HEADER 4

#define TAG_STRING 5
#define TAG_ID 6
#define TAG_ADDRESS 7
#define TAG_PACKET 10

/* Packets within packets that are looked into; what is deeper carries packets of devices, it is assumed. */
#define LAYERS 6u

#define LOAD_BYTE(at) BPF_STMT(BPF_LD | BPF_B | BPF_IND, at)
#define LOAD_WORD(at) BPF_STMT(BPF_LD | BPF_W | BPF_IND, at)
#define LOAD_LENGTH BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)
#define GIVE(socket) BPF_STMT(BPF_RET | BPF_K, socket)
#define UNLESS_EQUAL(value, next) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, next)
#define IF_EQUAL(value, next) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, next, 0)
#define IF_LEFT(next) BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, next, 0)
#define UNLESS_BIT(value, next) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, next)
#define PUT(number, slot) BPF_STMT(BPF_LD | BPF_IMM, number), BPF_STMT(BPF_ST, slot)
#define PASS(bytes) BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, bytes), BPF_STMT(BPF_MISC | BPF_TAX, 0)
/* The bytes that a byte says, and those of a slot. */
#define PASS_COUNTED(at, slot)                                                                                    \
  LOAD_BYTE(at), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_MEM, slot), \
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_MISC | BPF_TAX, 0)

/* Where the walk begins: X is the place in the datagram. */
static const struct sock_filter start[] = {
    BPF_STMT(BPF_LDX | BPF_IMM, 0),
    LOAD_WORD(0),
    UNLESS_EQUAL(FRAGMENT, 1),
    GIVE(OTHER),
    IF_EQUAL(DATAGRAM, 1),
    GIVE(WITH_PACKETS),
    BPF_STMT(BPF_LDX | BPF_IMM, HEADER),
};

/* X is at the hash of a tuple; it leaves at the hash of the tuple in it. The first branches compare with `packets`. */
#define COMPARISONS 1
static const struct sock_filter layer[] = {
    LOAD_WORD(0),
    IF_EQUAL(0, 4),
    IF_EQUAL(0, 3),
    IF_EQUAL(0, 2),
    IF_EQUAL(0, 1),
    UNLESS_EQUAL(0, 1),
    GIVE(WITH_PACKETS),
    /* A length of no fields. */
    LOAD_BYTE(4),
    UNLESS_EQUAL(0, 1),
    GIVE(OTHER),
    /* Its bytes but the last have the high bit; what follows, a tag, has not. */
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    PASS(1),
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    PASS(1),
    LOAD_BYTE(4),
    UNLESS_BIT(0x80, 3),
    PASS(1),
    PASS(5),
    /* The destination: a string, an id, or an address of an overlay, which has its name before and its options behind. */
    PUT(2, 0),
    LOAD_BYTE(0),
    UNLESS_EQUAL(TAG_ADDRESS, 10),
    PUT(2, 1),
    PASS_COUNTED(1, 1),
    PUT(3, 0),
    LOAD_BYTE(0),
    IF_EQUAL(TAG_STRING, 2),
    IF_EQUAL(TAG_ID, 1),
    GIVE(OTHER),
    PASS_COUNTED(1, 0),
    LOAD_LENGTH,
    IF_LEFT(1),
    GIVE(OTHER),
    LOAD_BYTE(0),
    IF_EQUAL(TAG_PACKET, 1),
    GIVE(OTHER),
    PASS(2),
};

static const struct sock_filter end[] = {GIVE(WITH_PACKETS)};

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
