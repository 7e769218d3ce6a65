import { expect, test } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { formatWatchLine } from "../../runtime/observe/watch.ts";
import { encodeTuple } from "../../runtime/plan/values/json-value.ts";

const LINES: readonly (readonly [string, readonly Value[]])[] = [
  ['1.500 +       p(1, "a", [true, null])', [1, "a", [true, null]]],
  ["1.500 +       p(infinity, -infinity)", [Infinity, -Infinity]],
  ["1.500 +       p(0xffI)", [255n]],
  ['1.500 +       p([sr::["a:1", ron::"b:1"]], "sr")', [[new Address("sr", ["a:1", new Address("ron", "b:1")])], "sr"]],
  ['1.500 +       p(b"00ff")', [new Uint8Array([0, 255])]],
];

test.for(LINES)("a watched tuple reads %s", ([text, args]) => {
  expect(formatWatchLine({ t: 1.5, node: "a:1", op: "+", tuple: encodeTuple("p", args) })).toBe(text);
});
