import fc from "fast-check";
import { expect, test } from "vitest";
import {
  generationOf,
  revoke,
  type Revocations,
  REVOCATIONS_MAX,
  withRevocation,
} from "../../runtime/link/revocation.ts";
import { signTuple } from "../../runtime/link/signed-tuple.ts";
import { tupleForm } from "../../runtime/link/tuple-form.ts";
import { NETWORK, OTHER_NETWORK } from "./keys.ts";

const NONE: Revocations = new Map();
const FORM = tupleForm("?revoked", 3, 4096);

function outcome(bytes: Uint8Array, revocations = NONE): string {
  const added = withRevocation(revocations, bytes, NETWORK.publicKey);
  return added.ok ? (added.isNew ? "new" : "known") : added.why;
}

/** The list after several revocations, and the revocations in their order. */
function revoked(...names: readonly string[]): { readonly list: Revocations; readonly bytes: readonly Uint8Array[] } {
  let list = NONE;
  const bytes: Uint8Array[] = [];
  for (const name of names) {
    const revocation = revoke(list, name, NETWORK);
    bytes.push(revocation.bytes);
    list = new Map(list).set(name, revocation);
  }
  return { list, bytes };
}

test("each revocation of a name ends a generation", () => {
  const { list } = revoked("alice", "bob", "alice");
  expect(["alice", "bob", "carol"].map((name) => generationOf(list, name))).toEqual([2, 1, 0]);
});

test("revocations give the same list in any order, with repetitions", () => {
  const { list, bytes } = revoked("alice", "bob", "alice", "carol", "bob");
  fc.assert(
    fc.property(fc.shuffledSubarray([...bytes, ...bytes], { minLength: 2 * bytes.length }), (order) => {
      let heard = NONE;
      for (const one of order) {
        const added = withRevocation(heard, one, NETWORK.publicKey);
        if (added.ok) heard = added.revocations;
      }
      expect(new Map(heard)).toEqual(
        new Map([...list].map(([name, one]) => [name, { ...one, bytes: Uint8Array.from(one.bytes) }])),
      );
    }),
    { numRuns: 30 },
  );
});

test("a revocation is new once, and an earlier one of its name is known", () => {
  const { list, bytes } = revoked("alice", "alice");
  expect(outcome(bytes[1] as Uint8Array)).toBe("new");
  expect(bytes.map((one) => outcome(one, list))).toEqual(["known", "known"]);
});

test("a revocation needs the signature of the network", () => {
  const signedBy = (key: typeof NETWORK, network: Uint8Array): Uint8Array =>
    signTuple(FORM, [network, "alice", 1], key) as Uint8Array;
  expect(outcome(signedBy(NETWORK, NETWORK.publicKey))).toBe("new");
  expect(outcome(signedBy(OTHER_NETWORK, OTHER_NETWORK.publicKey))).toBe("foreign network");
  expect(outcome(signedBy(OTHER_NETWORK, NETWORK.publicKey))).toBe("bad signature");
});

test.each([
  ["a network that is a text", ["network", "alice", 1]],
  ["a name that is none", [NETWORK.publicKey, "Alice", 1]],
  ["the generation 0", [NETWORK.publicKey, "alice", 0]],
  ["a generation that is a text", [NETWORK.publicKey, "alice", "1"]],
])("a signed tuple is no revocation: %s", (_, fields) => {
  expect(outcome(signTuple(FORM, fields, NETWORK) as Uint8Array)).toBe("malformed");
});

test("other bytes are malformed, and change nothing", () => {
  const [bytes] = revoked("alice").bytes as readonly [Uint8Array];
  for (let length = 0; length < bytes.length; length++) expect(outcome(bytes.subarray(0, length))).toBe("malformed");
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (other) => outcome(other) === "malformed"));
});

test("a full list takes no further name, but a further revocation of its names", () => {
  const [alice, zoe] = ["alice", "zoe"].map((name) => revoke(NONE, name, NETWORK));
  const full = new Map(
    Array.from({ length: REVOCATIONS_MAX - 1 }, (_, at) => [`n${at}`, zoe as NonNullable<typeof zoe>]),
  );
  full.set("alice", alice as NonNullable<typeof alice>);
  expect(outcome(zoe?.bytes as Uint8Array, full)).toBe("too many");
  expect(outcome(revoke(full, "alice", NETWORK).bytes, full)).toBe("new");
});
