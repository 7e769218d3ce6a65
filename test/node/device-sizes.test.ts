import { describe, expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { trainOf } from "../../runtime/plan/values/train.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { packetOf, type Parts } from "../ip/ip-oracle.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";
import { compileProgram } from "../sim/program-network.ts";

/** Longest datagrams that leave unfragmented: of a socket of rules, and of the node. */
const [SOCKET_LIMIT, NODE_LIMIT] = [1400, 1452];

const TABLES = `
materialize(socket, infinity, 1, keys()).
materialize(kept, infinity, infinity, keys(1)).
materialize(place, infinity, infinity, keys(1)). place("100.64.0.2", "10.0.0.2:7000"). place("fd00::2", "10.0.0.2:7000").
o: socket(S) :- periodic(_, 0, 1), udp.open("10.0.0.1:7000", &S).
`;

class AdaptableTun extends RecordingTun {
  override mtu: number = 1500;
  readonly lowerMtu: (mtu: number) => string | undefined;

  constructor(refusal: (mtu: number) => string | undefined, name?: string) {
    super(name);
    this.lowerMtu = (mtu): string | undefined => {
      const reason = refusal(mtu);
      if (reason === undefined) this.mtu = mtu;
      return reason;
    };
  }

  /** MTUs that ICMP "fragmentation needed" and ICMPv6 "packet too big" messages gave. */
  get reported(): readonly number[] {
    return this.written.flatMap((packet) => {
      if (packet[0] === 0x60) return packet[6] === 58 && packet[40] === 2 ? [wordAt(packet, 46)] : [];
      return packet[9] === 1 && packet[20] === 3 && packet[21] === 4 ? [wordAt(packet, 26)] : [];
    });
  }
}

function wordAt(packet: Uint8Array, at: number): number {
  return ((packet[at] as number) << 8) | (packet[at + 1] as number);
}

/** Returns an IPv6 packet, which no router may fragment. */
function packet6(length: number): Uint8Array {
  const address = (last: number): Uint8Array => Uint8Array.from([0xfd, ...new Uint8Array(14), last]);
  return packetOf({
    version: 6,
    protocol: 17,
    ttl: 64,
    source: address(1),
    destination: address(2),
    between: new Uint8Array(0),
    payload: new Uint8Array(length - 40),
  });
}

function packet(length: number, mayFragment: boolean = false): Uint8Array {
  const parts: Parts = {
    version: 4,
    protocol: 17,
    ttl: 64,
    source: Uint8Array.of(100, 64, 0, 1),
    destination: Uint8Array.of(100, 64, 0, 2),
    between: new Uint8Array(0),
    payload: new Uint8Array(length - 20),
  };
  const bytes = packetOf(parts);
  bytes[6] = mayFragment ? 0 : 0x40;
  return bytes;
}

/** A node of the rules. Returns functions that give it a packet of the device, and what left. */
function nodeOf(rules: string, refusal: () => string | undefined = () => undefined) {
  const byRules: Uint8Array[] = [];
  const socket: Datagrams = {
    address: "10.0.0.1:7000",
    maxPayload: 65_507,
    counters: { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() },
    unfragmented: () => SOCKET_LIMIT,
    onDatagram: () => undefined,
    send: (_to, bytes) => void byRules.push(bytes),
    close: () => Promise.resolve(),
  };
  const tun = new AdaptableTun(refusal);
  const logs: string[] = [];
  const world = manualWorld("10.0.0.1:10000");
  const udp = {
    open: (_: string, opened: (outcome: { ok: true; value: Datagrams }) => void) => opened({ ok: true, value: socket }),
  };
  const settings = { names: ["10.0.0.1:10000"], facts: [], watch: [], onAdapted: (text: string) => logs.push(text) };
  const node = new Node(compileProgram(TABLES + rules), { ...world, udp, devices: [tun] }, settings);
  node.start();
  world.clock.advance(0.1);
  const send = (bytes: Uint8Array): void => {
    tun.receive(bytes);
    world.clock.advance(1);
  };
  return { send, tun, byRules, sent: world.datagrams.sent, logs, node };
}

const SHIM = 'r: udp.send(S, To, f_pack("4b", 7, P)) :- tun(P, _, D), place(D, To), socket(S).';

/** Rules that make bytes from a packet of the device and send them, and the number of bytes that a packet gains. */
const WAYS: Readonly<Record<string, readonly [rules: string, gain: number]>> = {
  "bytes before it": [SHIM, 4],
  "other bytes in front of its payload": [
    'r: udp.send(S, To, f_concat(b"0102", f_slice(P, 20))) :- tun(P, _, D), place(D, To), socket(S).',
    -18,
  ],
  "a seal": [
    `r: udp.send(S, To, f_concat(Nonce, Cipher)) :- tun(P, _, D), place(D, To), socket(S), [_, Q] <- f_rows(P),
       [Nonce, Cipher] <- [f_seal(b"000102030405060708090a0b0c0d0e0f", Q, b"")].`,
    28,
  ],
  "a packet of Mosaic around it": [
    "r: udp.send(S, To, f_bytes(load(P, 5))) :- tun(P, _, D), place(D, To), socket(S).\nl: kept(N, 0) :- load(_, N).",
    13,
  ],
  "a step of its own": [
    `r: mine@Me(D, f_pack("b4", P, 9)) :- tun(P, _, D), localAddr(Me).
     s: udp.send(S, To, f_pack("4b", 7, B)) :- mine(D, B), place(D, To), socket(S).`,
    8,
  ],
  "a row that a timer sends": [
    `r: kept(D, P) :- tun(P, _, D).
     w: tick(0) :- periodic(_, 0.5).
     s: udp.send(S, To, f_pack("4b", 7, P)) :- tick(_), kept(D, P), place(D, To), socket(S).
     d: delete kept(D, P) :- tick(_), kept(D, P).`,
    4,
  ],
  "a view that is asked first": [
    `def at(D, &To) { a: this.ask@Me(D) :- this.init(D), localAddr(Me). b: this.return(To) :- this.ask(D), place(D, To). }
     s: udp.send(S, To, f_pack("4b", 7, P)) :- tun(P, _, D), at(D, &To), socket(S).`,
    4,
  ],
};

describe("a packet of the device that is too long for a datagram of rules, with", () => {
  test.each(Object.entries(WAYS))("%s, is reported to its sender", (_, [rules, gain]) => {
    const fits = SOCKET_LIMIT - gain;
    const { send, tun, byRules } = nodeOf(rules);
    send(packet(fits));
    expect([byRules.map(({ length }) => length), tun.reported]).toEqual([[SOCKET_LIMIT], []]);
    send(packet(fits + 1));
    expect([byRules.length, tun.reported]).toEqual([1, [fits]]);
    send(packet(fits + 1, true));
    expect([byRules.length, tun.reported]).toEqual([2, [fits]]);
  });
});

describe("a packet of IPv6 that is too long for a datagram of rules, with", () => {
  test.each(Object.entries(WAYS))("%s, is reported to its sender", (_, [rules, gain]) => {
    const fits = SOCKET_LIMIT - gain;
    const { send, tun, byRules } = nodeOf(rules);
    send(packet6(fits));
    expect([byRules.map(({ length }) => length), tun.reported]).toEqual([[SOCKET_LIMIT], []]);
    send(packet6(fits + 1));
    expect([byRules.length, tun.reported]).toEqual([1, [fits]]);
  });

  test("more bytes than the least MTU of IPv6 leaves, is fragmented if it has that MTU, and reported with it if it is longer", () => {
    const { send, tun, byRules } = nodeOf(
      "r: udp.send(S, To, f_concat(f_random(200), P)) :- tun(P, _, D), place(D, To), socket(S).",
    );
    send(packet6(1280));
    expect([byRules.length, tun.reported]).toEqual([1, []]);
    send(packet6(1281));
    expect([byRules.length, tun.reported]).toEqual([1, [1280]]);
  });
});

test("a packet of IPv6 in the tuple of a node is reported, too", () => {
  const rules = 'r: tun@"10.0.0.2:10000"(P) :- tun(P).';
  const { send, tun, sent } = nodeOf(rules);
  send(packet6(1500));
  expect([sent.length, tun.reported.length]).toEqual([0, 1]);
  send(packet6(tun.reported[0] as number));
  expect(sent.at(-1)?.bytes.length).toBe(NODE_LIMIT);
});

test("a train of such packets is reported once, and leaves nothing", () => {
  const { send, tun, byRules, node } = nodeOf(SHIM);
  send(trainOf([packet(1400), packet(1400), packet(600)]));
  expect([byRules, tun.reported]).toEqual([[], [SOCKET_LIMIT - 4]]);
  const drops = node.metrics().elements.find(({ element }) => element === "UdpTx")?.dropped;
  expect(drops?.["packet too big"]).toBe(1);
});

test("sealed bytes in a tuple for a node are reported like packets", () => {
  const rules = `
    r: box@"10.0.0.2:10000"(B) :- tun(P), [_, B] <- [f_seal(b"000102030405060708090a0b0c0d0e0f", P, b"")].`;
  const { send, tun, sent } = nodeOf(rules);
  send(packet(1300));
  expect([sent.map(({ bytes }) => bytes.length <= NODE_LIMIT), tun.reported]).toEqual([[true], []]);
  send(packet(1450));
  expect([sent.length, tun.reported.length]).toEqual([1, 1]);
  send(packet(tun.reported[0] as number));
  expect(sent.at(-1)?.bytes.length).toBe(NODE_LIMIT);
});

test("a tuple that holds less than half of a packet is fragmented", () => {
  const rules = 'r: log@"10.0.0.2:10000"(f_slice(P, 0, 20), [f_random(900), f_random(900)]) :- tun(P).';
  const { send, tun, sent } = nodeOf(rules);
  send(packet(1400));
  expect([sent.length, tun.reported]).toEqual([2, []]);
});

describe("the MTU of the device", () => {
  const OPTIONS = `
    overlay qos.
    materialize(addressMap, infinity, infinity, keys(1)).
    addressMap("100.64.0.2", qos::("10.0.0.2:10000", 20ms)).
    t: tun@To(P) :- tun(P, _, D), addressMap(D, To).
    snd: carry@Dest(Options, Packet) :- send(Dest, Options, Packet).
    rcv: recv(Packet) :- carry(_, Packet).`;

  test("is the longest packet that fits beside the options of the address, once a short packet has gone there", () => {
    const { send, tun, sent, logs } = nodeOf(OPTIONS);
    send(packet(60));
    const mtu = tun.mtu;
    expect(logs).toEqual([
      `fake: MTU ${mtu} instead of 1500: longer packets to 10.0.0.2:10000 do not fit datagrams of ${NODE_LIMIT} bytes`,
    ]);
    send(packet(mtu));
    expect([sent.at(-1)?.bytes.length, tun.reported, tun.mtu]).toEqual([NODE_LIMIT, [], mtu]);
  });

  test("leaves room for bytes that rules put around packets", () => {
    const { send, tun, byRules } = nodeOf(WAYS["a seal"]?.[0] as string);
    send(packet(60));
    expect(tun.mtu).toBe(SOCKET_LIMIT - 28 - 8);
    send(packet(tun.mtu));
    expect([byRules.length, tun.reported, tun.mtu]).toEqual([2, [], SOCKET_LIMIT - 36]);
  });

  test("is at least 1280, and stays as it is where the operator has chosen it or the kernel refuses", () => {
    const long = nodeOf(`r: udp.send(S, To, f_concat(f_random(200), P)) :- tun(P, _, D), place(D, To), socket(S).`);
    long.send(packet(300));
    expect(long.tun.mtu).toBe(1280);
    const refused = nodeOf(SHIM, () => "EPERM");
    refused.send(packet(60));
    refused.send(packet(1000));
    expect([refused.tun.mtu, refused.logs.length]).toEqual([1500, 1]);
    expect(refused.logs[0]).toContain("(EPERM)");
  });
});
