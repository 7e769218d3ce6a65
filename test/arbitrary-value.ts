import fc, { type Arbitrary } from "fast-check";
import { Address } from "../runtime/plan/values/address.ts";
import { Packet } from "../runtime/plan/values/packet.ts";
import type { Values, Value } from "../runtime/plan/values/value.ts";

/** Any value of a variable, with the edge cases of each type, nested a few levels deep. Strings are well-formed. */
export function arbitraryValue(): Arbitrary<Value> {
  return fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      arbitraryScalar(),
      fc.array(tie("value"), { maxLength: 4 }),
      arbitraryAddress(tie("value")),
    ),
  })).value;
}

export function arbitraryRow(): Arbitrary<Values> {
  return fc.array(arbitraryValue(), { maxLength: 6 });
}

export function arbitraryNumber(): Arbitrary<number> {
  const edges = [0, -0, NaN, Infinity, -Infinity, 63, 64, -64, -65, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 0.1, 1e-320];
  return fc.oneof(fc.constantFrom(...edges), fc.maxSafeInteger(), fc.integer(), fc.double());
}

export function arbitraryText(): Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      "",
      "\0",
      "\0s",
      "s1:a",
      '"',
      "\\",
      "é",
      "\ufffd",
      "😀",
      "x".repeat(127),
      "x".repeat(128),
      "é".repeat(64),
    ),
    fc.string({ unit: "grapheme-ascii" }),
    fc.string({ unit: "binary" }),
  );
}

export function arbitraryId(): Arbitrary<bigint> {
  return fc.oneof(
    fc.constantFrom(0n, 1n, 255n, 256n, 2n ** 64n, 2n ** 128n - 1n, 2n ** 128n, 2n ** 159n, 2n ** 160n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }),
  );
}

function arbitraryScalar(): Arbitrary<Value> {
  return fc.oneof(
    fc.constant(null),
    fc.boolean(),
    arbitraryNumber(),
    arbitraryText(),
    arbitraryId(),
    fc.uint8Array({ maxLength: 300 }),
    arbitraryPacketInTransit(),
  );
}

function arbitraryPacketInTransit(): Arbitrary<Packet> {
  return fc
    .tuple(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 31 }), fc.uint8Array({ maxLength: 200 }))
    .map(([hash, hops, body]) => Packet.inTransit(hash, hops, body));
}

function arbitraryAddress(option: Arbitrary<Value>): Arbitrary<Address> {
  return fc.letrec<{ address: Address; hop: Value }>((tie) => ({
    hop: fc.oneof({ maxDepth: 3, depthSize: "small" }, arbitraryText(), arbitraryId(), tie("address")),
    address: fc
      .tuple(
        fc.constantFrom("ron", "i3", "sr", "o_2.a"),
        fc.oneof(tie("hop"), fc.array(tie("hop"), { minLength: 1, maxLength: 3 })),
        fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(option, { maxLength: 2 })),
      )
      .map(([overlay, node, options]) => new Address(overlay, node, options)),
  })).address;
}
