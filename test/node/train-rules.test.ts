import { createCipheriv } from "node:crypto";
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

const HEADROOM = 32;

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
  "puts bytes before a packet twice": 'r: shim@A(f_pack("4b", 7, f_concat(b"0102", P))) :- tun(P), peer(A).',
  "puts other bytes before a packet for another rule":
    'r: shim@A(f_pack("4b", 7, P)) :- tun(P), peer(A).\ns: tun(f_slice(f_concat(b"03", P), 1)) :- tun(P).',
  "puts more bytes before a packet than the device leaves room for":
    'r: shim@A(f_concat(f_pack("8888b", 1, 2, 3, 4, b"05"), P)) :- tun(P), peer(A).',
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
  "seals packets": `r: shim@A(f_concat(N, C)) :- tun(P), peer(A), [_, Q] <- f_rows(P), [N, C] <- [f_seal(b"${"09".repeat(16)}", Q, b"")].`,
  "keeps sealed packets": `r: kept(f_u8(P, 5), S) :- tun(P), S := f_seal(b"${"09".repeat(16)}", P, b"").`,
  "hashes packets": "r: shim@A(f_sha1(P)) :- tun(P), peer(A).",
  "sends itself packets": "r: mine@L(P) :- tun(P), localAddr(L).\ns: kept(f_u8(P, 5), P) :- mine(P).",
  "puts packets into a list": "r: kept(L, 1) :- both(L).\ns: both([P, 1]) :- tun(P).",
  "aggregates for each packet": "r: some(P, count<X>) :- tun(P), hop(X, _).\ns: shim@A(P, N) :- some(P, N), peer(A).",
  "sends packets by the best row": 'r: best@"b:1"(P, min<X>) :- tun(P), hop(X, _).',
  "sends packets to the column of the best row":
    "r: best(P, min<X>) :- tun(P), hop(Y, Z), X := [Y, Z].\ns: shim@Y(P) :- best(P, [_, Y]).",
  "chooses the best row by a byte of the packet":
    "r: best(P, min<X>) :- tun(P), hop(Y, _), X := [f_u8(P, 5), Y].\ns: shim@A(P, X) :- best(P, X), peer(A).",
  "keeps the packets of an aggregate": "r: kept(P, count<X>) :- tun(P), hop(X, _).",
};

function programOf(rules: string): Program {
  const library = new FileLibrary();
  library.addText("rules", TABLES + rules);
  const { plan, diagnostics } = compile(["rules"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

/** Returns the effects of a program on packets of the device, each of which may be a train. */
function effects(program: Program, packets: readonly Uint8Array[]): ReturnType<typeof run>["effects"] {
  return run(program, packets).effects;
}

/** Returns the number of steps that a program runs for the packets. */
function stepsFor(program: Program, packets: readonly Uint8Array[]): number {
  return run(program, packets).steps - run(program, []).steps;
}

function run(program: Program, packets: readonly Uint8Array[]) {
  const world = manualWorld("a:1");
  const tun = new RecordingTun();
  const node = new Node(program, { ...world, devices: [tun] }, { names: ["a:1"], facts: [], watch: [] });
  node.start();
  for (const bytes of packets) tun.receive(bytes);
  const rows = ["kept", "last", "count"].flatMap((name) => node.rows(`way.${name}`) ?? node.rows(name) ?? []);
  const effects = {
    sent: world.datagrams.sent.map(({ to, bytes }) => [to, Buffer.from(bytes).toString("hex")]),
    written: tun.written,
    rows: rows.map((values) => values.map((value) => (value instanceof Train ? "a train" : value))),
    drops: [...node.counters.drops],
    failed: node.counters.engine.failed,
  };
  return { effects, steps: node.counters.engine.steps };
}

/** Returns an IPv4 packet whose protocol has no checksum. */
function packet(length: number, filling: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(filling);
  bytes.set([0x45, 0, length >> 8, length & 0xff, 0, filling, 0x40, 0, 64, 253, 0, 0, 100, 64, 0, 1, 100, 64, 0, 2]);
  return bytes;
}

/** Returns a train as the device lays it out, with free bytes before each packet. */
function deviceTrainOf(packets: readonly Uint8Array[]): Uint8Array {
  const [first, last] = [packets[0] as Uint8Array, packets.at(-1) as Uint8Array];
  const [count, stride] = [packets.length, HEADROOM + first.length];
  const memory = new Uint8Array(count * stride).fill(255);
  for (const [at, bytes] of packets.entries()) memory.set(bytes, HEADROOM + at * stride);
  const layout = { count, stride, lastAt: (count - 1) * stride, lastLength: last.length, headroom: HEADROOM };
  return new Train(memory.buffer, HEADROOM, first.length, layout);
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
        expect(effects(program, trains.map(deviceTrainOf))).toEqual(singly);
      }),
      { numRuns: 12 },
    );
  });
});

describe("f_open of a packet train", () => {
  const key = new Uint8Array(16).fill(9);
  const rule = `r: shim@A(Q) :- tun(P), peer(A), Q := f_open(b"${"09".repeat(16)}", f_slice(P, 20, 12), f_slice(P, 32), b"").`;
  const program = programOf(rule);

  /** Returns an IPv4 packet with a nonce and a sealed text of `length` characters. The seal of a forged one is broken. */
  const sealed = (number: number, length: number, isForged: boolean): Uint8Array => {
    const nonce = new Uint8Array(12).fill(number);
    const cipher = createCipheriv("aes-128-gcm", key, nonce);
    const text = Buffer.concat([cipher.update(String.fromCharCode(97 + number).repeat(length)), cipher.final()]);
    const bytes = Buffer.concat([packet(20, number), nonce, text, cipher.getAuthTag()]);
    bytes.writeUInt16BE(bytes.length, 2);
    if (isForged) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    return new Uint8Array(bytes);
  };

  test("opens the packets that are intact, and counts the others as failed", () => {
    const flags = fc.array(fc.boolean(), { minLength: 2, maxLength: 6 });
    const trains = fc.array(fc.tuple(flags, fc.nat({ max: 40 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(trains, (all) => {
        const packets = all.map(([forged, last]) =>
          forged.map((isForged, at) => sealed(at, at === forged.length - 1 ? last : 40, isForged)),
        );
        expect(effects(program, packets.map(trainOf))).toEqual(effects(program, packets.flat()));
      }),
      { numRuns: 40 },
    );
  });

  test("takes one step, also after a train with a forged packet, which takes a step for each packet", () => {
    const trainWith = (...forged: readonly number[]): Uint8Array =>
      trainOf([0, 1, 2].map((at) => sealed(at, 40, forged.includes(at))));
    const [intact, mixed, forged] = [trainWith(), trainWith(1), trainWith(0, 1, 2)];
    expect(stepsFor(program, [intact])).toBe(1);
    expect(stepsFor(program, [forged])).toBe(1);
    expect(stepsFor(program, [mixed])).toBe(1 + 3);
    expect(stepsFor(program, [mixed, intact])).toBe(1 + 3 + 1);
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
