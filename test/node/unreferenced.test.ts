import { expect, test } from "vitest";
import { unreferencedNumbers } from "../../runtime/node/unreferenced.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { eventSpec } from "../predicate-spec.ts";

function waiting(...args: readonly Value[]): Parameters<typeof unreferencedNumbers>[2] {
  const tuple = { predicate: eventSpec("p", args.length), args, isDelete: false };
  return [{ tuple, provenance: "rule", source: null }];
}

test.each([
  ["as a value", 7],
  ["in a list of lists", [["a", [7]]]],
  ["in an address", new Address("ron", [7], [])],
  ["among the options of an address", new Address("ron", "a", [7])],
  ["in a packet", Packet.of({ predicate: eventSpec("q", 1), args: [7], isDelete: false })],
] satisfies readonly (readonly [string, Value])[])("a number is referenced %s", (_, value) => {
  expect([...unreferencedNumbers(new Set([7, 8]), [], waiting(value, new Uint8Array([8]), "8"))]).toEqual([8]);
});
