import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Fragment, FRAGMENT_HEADER_BYTES, splitMessage } from "../../runtime/wire/fragment.ts";
import { Reassembly, reassemblyLimits } from "../../runtime/wire/reassembly.ts";

/** Returns a message of so many bytes, which differs by seed. */
function message(size: number, seed: number = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => at * 31 + (at >> 8) + seed * 7);
}

/** Returns the fragments of a message, of 100 bytes each. */
function fragments(bytes: Uint8Array): readonly Uint8Array[] {
  return splitMessage(bytes, FRAGMENT_HEADER_BYTES + 100) ?? [];
}

function fragment({ message: id, index, count, piece }: Fragment): Uint8Array {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(id, 0);
  numbers.writeUInt16BE(index, 4);
  numbers.writeUInt16BE(count, 6);
  return Buffer.concat([Uint8Array.of(0x4d, 0x5a, 1, 1), numbers, piece]);
}

function firstOf(seed: number): Uint8Array {
  return fragments(message(300, seed))[0] as Uint8Array;
}

function datagramOf(bytes: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(0x4d, 0x5a, 1, 0), bytes]);
}

describe("the pieces of a message", () => {
  test("become the datagram that carries it, in any order and with duplicates", () => {
    const arrivals = fc.integer({ min: 101, max: 3000 }).chain((size) => {
      const count = Math.ceil(size / 100);
      const indices = Array.from({ length: count }, (_, index) => index);
      const order = fc.shuffledSubarray(indices, { minLength: count, maxLength: count });
      return fc.tuple(fc.constant(size), order, fc.array(fc.nat(count - 1), { maxLength: 5 }));
    });
    fc.assert(
      fc.property(arrivals, ([size, order, again]) => {
        const reassembly = new Reassembly();
        const pieces = fragments(message(size));
        const last = order.at(-1) as number;
        const early = [...order.slice(0, -1), ...again.filter((index) => index !== last)];
        for (const index of early) expect(reassembly.assemble(pieces[index] as Uint8Array, "a", 0)).toBeUndefined();
        const whole = reassembly.assemble(pieces[last] as Uint8Array, "a", 0);
        expect(Buffer.from(whole as Uint8Array)).toEqual(datagramOf(message(size)));
        expect(reassembly.usage).toEqual({ messages: 0, bytes: 0 });
      }),
    );
  });

  test("of two sources, or of two messages, are kept apart", () => {
    const reassembly = new Reassembly();
    const [one, other] = [fragments(message(150, 1)), fragments(message(150, 2))];
    const arrivals: readonly (readonly [Uint8Array | undefined, string])[] = [
      [one[0], "a"],
      [other[0], "a"],
      [one[1], "b"],
      [one[1], "a"],
      [other[1], "a"],
    ];
    const results = arrivals.map(([piece, source]) => reassembly.assemble(piece as Uint8Array, source, 0));
    expect(results.map((result) => result instanceof Uint8Array)).toEqual([false, false, false, true, true]);
  });

  test("that were sent twice can complete each other", () => {
    const reassembly = new Reassembly();
    const pieces = fragments(message(150));
    expect(reassembly.assemble(pieces[0] as Uint8Array, "a", 0)).toBeUndefined();
    expect(reassembly.assemble(pieces[1] as Uint8Array, "a", 1)).toBeInstanceOf(Uint8Array);
  });

  test("that was sent again in shorter pieces are independent of the longer ones", () => {
    const reassembly = new Reassembly();
    const bytes = message(300);
    reassembly.assemble(fragments(bytes)[2] as Uint8Array, "a", 0);
    const shorter = splitMessage(bytes, FRAGMENT_HEADER_BYTES + 60) ?? [];
    const results = shorter.map((piece) => reassembly.assemble(piece, "a", 0.2));
    expect(results.at(-1)).toEqual(new Uint8Array(datagramOf(bytes)));
  });
});

test("a datagram that is no fragment is returned unchanged, even if it is empty", () => {
  const reassembly = new Reassembly();
  for (const bytes of [datagramOf(message(20)), new Uint8Array(), Uint8Array.of(0x4d, 0x5a, 2, 1)]) {
    expect(reassembly.assemble(bytes, "a", 0)).toBe(bytes);
  }
});

describe("a fragment is dropped", () => {
  const piece = message(10);
  const good: Fragment = { message: 7, index: 0, count: 2, piece };

  test.each<[string, Fragment]>([
    ["without a piece", { ...good, piece: new Uint8Array() }],
    ["of a message of one", { ...good, count: 1 }],
    ["of a message of none", { ...good, count: 0 }],
    ["of more pieces than there may be", { ...good, count: 513 }],
    ["beyond the count", { ...good, index: 2 }],
  ])("%s", (_, bad) => {
    expect(new Reassembly().assemble(fragment(bad), "a", 0)).toBe("fragment malformed");
  });

  test("that is truncated", () => {
    const bytes = fragment(good);
    const results = Array.from({ length: FRAGMENT_HEADER_BYTES - 4 }, (_, more) =>
      new Reassembly().assemble(bytes.subarray(0, 4 + more), "a", 0),
    );
    expect(new Set(results)).toEqual(new Set(["fragment malformed"]));
  });

  test("with its message, if the hash differs from the message id", () => {
    const reassembly = new Reassembly();
    reassembly.assemble(fragment(good), "a", 0);
    expect(reassembly.assemble(fragment({ ...good, index: 1 }), "a", 0)).toBe("fragments damaged");
    expect(reassembly.usage.messages).toBe(0);
  });

  test("with its message, if the message is too long", () => {
    const reassembly = new Reassembly();
    const large = new Uint8Array(60_000);
    const results = [0, 1, 2, 3, 4].map((index) =>
      reassembly.assemble(fragment({ ...good, index, count: 6, piece: large }), "a", 0),
    );
    expect(results.at(-1)).toBe("fragments too large");
    expect(reassembly.usage).toEqual({ messages: 0, bytes: 0 });
  });
});

describe("memory is bounded", () => {
  test("in time: a message is dropped after five seconds", () => {
    const reassembly = new Reassembly();
    const pieces = fragments(message(150));
    reassembly.assemble(pieces[0] as Uint8Array, "a", 100);
    expect(reassembly.assemble(pieces[1] as Uint8Array, "a", 105)).toBeUndefined();
    expect([reassembly.expired, reassembly.usage.messages]).toEqual([1, 1]);
  });

  test("in messages per source: the oldest of that source is evicted", () => {
    const reassembly = new Reassembly();
    reassembly.assemble(firstOf(0), "b", 0);
    for (let seed = 1; seed <= 9; seed++) reassembly.assemble(firstOf(seed), "a", 0);
    expect([reassembly.usage.messages, reassembly.evicted]).toEqual([9, 1]);
    const rest = (seed: number): readonly Uint8Array[] => fragments(message(300, seed)).slice(1);
    const finished = (seed: number, source: string): boolean =>
      rest(seed)
        .map((piece) => reassembly.assemble(piece, source, 0))
        .at(-1) instanceof Uint8Array;
    expect([finished(0, "b"), finished(2, "a"), finished(1, "a")]).toEqual([true, true, false]);
  });

  test("in messages of all sources", () => {
    const reassembly = new Reassembly();
    for (let source = 0; source < 300; source++) reassembly.assemble(firstOf(1), `${source}`, 0);
    expect([reassembly.usage.messages, reassembly.evicted]).toEqual([256, 44]);
  });

  test("in bytes, under any flood", () => {
    const limits = { ...reassemblyLimits, bytes: 5000 };
    const flood = fc.array(
      fc.record({
        fragment: fc.record({
          message: fc.nat(3),
          index: fc.nat(5),
          count: fc.integer({ min: 0, max: 6 }),
          piece: fc.nat(900).map((size) => message(size)),
        }),
        source: fc.constantFrom("a", "b", "c"),
        pause: fc.nat(2),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(flood, (arrivals) => {
        const reassembly = new Reassembly(limits);
        let now = 0;
        for (const arrival of arrivals) {
          now += arrival.pause;
          reassembly.assemble(fragment(arrival.fragment), arrival.source, now);
          expect(reassembly.usage.bytes).toBeLessThanOrEqual(limits.bytes + 5 * 964);
          expect(reassembly.usage.messages).toBeLessThanOrEqual(12);
        }
        reassembly.assemble(fragment({ message: 9, index: 9, count: 2, piece: message(1) }), "a", now + 5);
        expect(reassembly.usage).toEqual({ messages: 0, bytes: 0 });
      }),
    );
  });
});
