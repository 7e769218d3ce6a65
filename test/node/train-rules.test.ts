import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { Train, trainOf } from "../../runtime/plan/values/train.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

const TABLES = `
materialize(peer, infinity, infinity, keys(1)). peer("b:1").
materialize(kept, infinity, infinity, keys(1)).
materialize(last, infinity, 1, keys(1)). last(0).
materialize(count, infinity, 1, keys(1)). count(0).
overlay way.
materialize(hop, infinity, infinity, keys(1)). hop("c:1", "d:1").
snd: way.send@Next(Dest, Packet) :- way.send(Dest, Packet), hop(Dest, Next).
rcv: recv(Packet) :- way.send(Dest, Packet), localAddr(Dest).
pay: kept(N, "pay") :- pay(N).
pair: kept(N, "pair") :- pair(P, N), f_size(P) > 0.
`;

/** Rules that see packets of the device. */
const RULES: Readonly<Record<string, string>> = {
  "sends a packet as it is": "r: tun@A(P) :- tun(P), peer(A).",
  "puts bytes before a packet": 'r: shim@A(f_pack("4b", 7, P)) :- tun(P), peer(A).',
  "cuts bytes off a packet": "r: shim@A(Q) :- tun(P), peer(A), Q := f_slice(P, 4).",
  "cuts a number of bytes out that short packets do not have": "r: shim@A(f_slice(P, 0, 50)) :- tun(P), peer(A).",
  "reads a byte": "r: shim@A(N) :- tun(P), peer(A), N := f_u8(P, 5).",
  "reads the size": "r: shim@A(f_size(P), P) :- tun(P), peer(A).",
  "compares packets": "r: shim@A(P) :- tun(P), peer(A), f_u8(P, 5) > 3.",
  "fails for some packets": "r: shim@A(P) :- tun(P), peer(A), f_u8(P, f_u8(P, 5) * 20) == 3.",
  "sends a packet twice": "r: shim@A(P, P) :- tun(P), peer(A).",
  "keeps packets": "r: kept(f_u8(P, 5), P) :- tun(P).",
  "keeps one packet": "r: last(P) :- tun(P).",
  "counts packets": "r: count(N + 1) :- tun(_), count(N).\ns: tun@A(P) :- tun(P), peer(A).",
  "numbers packets": "r: shim@A(N, P) :- tun(P), count(N), peer(A).\ns: count(N + 1) :- tun(_), count(N).",
  "raises an event with a packet that another rule reads":
    "r: one(P, 1) :- tun(P).\n" +
    "s: two(X, pay(P)) :- one(P, X).\n" +
    't: kept(f_u8(P, 5), "x") :- two(_, pay(P)).\nu: shim@A(P) :- one(P, _), peer(A).',
  "sends a packet in an overlay": "r: shim@way::D(P) :- tun(P), hop(D, _).",
  "sends a packet that it built in an overlay": 'r: way.send("c:1", pair(f_concat(b"01", P), 1)) :- tun(P).',
  "packs the encoding of a packet": 'r: shim@A(f_pack("1b", 1, f_bytes(pay(P)))) :- tun(P), peer(A).',
  "hashes packets": "r: shim@A(f_sha1(P)) :- tun(P), peer(A).",
  "sends itself packets": "r: mine@L(P) :- tun(P), localAddr(L).\ns: kept(f_u8(P, 5), P) :- mine(P).",
  "puts packets into a list": "r: kept(L, 1) :- both(L).\ns: both([P, 1]) :- tun(P).",
  "aggregates for each packet": "r: some(P, count<X>) :- tun(P), hop(X, _).\ns: shim@A(P, N) :- some(P, N), peer(A).",
};

function programOf(rules: string): Program {
  const library = new FileLibrary();
  library.addText("rules", TABLES + rules);
  const { plan, diagnostics } = compile(["rules"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

/** Returns the effects of a program on packets of the device, each of which may be a train. */
function effects(program: Program, packets: readonly Uint8Array[]) {
  const world = manualWorld("a:1");
  const tun = new RecordingTun();
  const node = new Node(program, { ...world, tun }, { names: ["a:1"], facts: [], watch: [] });
  node.start();
  for (const bytes of packets) tun.receive(bytes);
  const rows = ["kept", "last", "count"].flatMap((name) => node.rows(`way.${name}`) ?? node.rows(name) ?? []);
  return {
    sent: world.datagrams.sent.map(({ to, bytes }) => [to, Buffer.from(bytes).toString("hex")]),
    written: tun.written,
    rows: rows.map((values) => values.map((value) => (value instanceof Train ? "a train" : value))),
    drops: [...node.counters.drops],
    failed: node.counters.engine.failed,
  };
}

/** Returns an IPv4 packet whose protocol has no checksum. */
function packet(length: number, filling: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(filling);
  bytes.set([0x45, 0, length >> 8, length & 0xff, 0, filling, 0x40, 0, 64, 253, 0, 0, 100, 64, 0, 1, 100, 64, 0, 2]);
  return bytes;
}

const PACKETS = fc
  .tuple(fc.integer({ min: 40, max: 200 }), fc.array(fc.nat({ max: 6 }), { minLength: 2, maxLength: 6 }), fc.nat())
  .map(([length, fillings, last]) =>
    fillings.map((filling, at) => packet(at === fillings.length - 1 ? 30 + (last % (length - 29)) : length, filling)),
  );

describe("a program with packet trains has the effects of the same program with single packets, if a rule", () => {
  test.each(Object.entries(RULES))("%s", (_, rules) => {
    const program = programOf(rules);
    fc.assert(
      fc.property(fc.array(PACKETS, { minLength: 1, maxLength: 3 }), (trains) => {
        const singly = effects(program, trains.flat());
        expect(effects(program, trains.map(trainOf))).toEqual(singly);
      }),
      { numRuns: 12 },
    );
  });
});

describe("a rule that takes a train whole", () => {
  const packets = [packet(80, 5), packet(80, 5), packet(60, 2)];

  test("gets the packets with their numbers, as many as there are", () => {
    const rule = "r: kept([I, N], Q) :- tun(P), N := f_count(P), [I, Q] <- f_rows(P).";
    const rows = packets.map((bytes, at) => [[at + 1, 3], bytes]);
    expect(effects(programOf(rule), [trainOf(packets)]).rows).toEqual([...rows, [0], [0]]);
    expect(effects(programOf(rule), [packets[2] as Uint8Array]).rows).toEqual([[[1, 1], packets[2]], [0], [0]]);
  });

  test("runs once, so that its numbers continue from train to train", () => {
    const rules = `
      materialize(seq, infinity, 1, keys(1)). seq(0).
      r: shim@A(f_pack("4b", N + I, Q)) :- tun(P), peer(A), seq(N), [I, Q] <- f_rows(P).
      s: seq(N + Count) :- tun(P), seq(N), Count := f_count(P).`;
    const { sent } = effects(programOf(rules), [trainOf(packets), trainOf(packets)]);
    const numbers = sent.map(([, hex]) => /0000000(\d)45/.exec(hex as string)?.[1]);
    expect(numbers).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("gets the packets of an overlay as packets", () => {
    const rules = `
      r: way.send("a:1", hold(P)) :- tun(P).
      h: tun@A(P) :- hold(P), peer(A).
      s: kept(I, f_bytes(Q)) :- recv(P), [I, Q] <- f_rows(P).`;
    const rows = effects(programOf(rules), [trainOf(packets)]).rows;
    expect(rows.map(([number]) => number)).toEqual([1, 2, 3, 0, 0]);
  });
});

test("each of these rules has an effect", () => {
  const none = Object.entries(RULES).filter(([, rules]) => {
    const program = programOf(rules);
    return isDeepStrictEqual(effects(program, [packet(80, 5), packet(80, 3)]), effects(program, []));
  });
  expect(none).toEqual([]);
});
