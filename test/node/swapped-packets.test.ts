import { expect, test } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import { formatValue } from "../../runtime/plan/values/format.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";

const KEPT = "materialize(kept, infinity, infinity, keys(1)).\naccept kept(any).\n";
const WITH_PAY = `${KEPT}accept pay(number).\np: kept(X) :- pay(X).\n`;

/** Predicates of the packets in a value that hold a tuple. */
function tuplesIn(value: Value): readonly (string | undefined)[] {
  if (value instanceof Packet) return [value.tuple?.predicate.name];
  if (value instanceof Address) return [value.node, ...value.options].flatMap(tuplesIn);
  return Array.isArray(value) ? value.flatMap(tuplesIn) : [];
}

test("packets in rows, lists and addresses are encoded by a program swap when the new program lacks their predicate", () => {
  const node = new Node(loadProgram(planOf(WITH_PAY)), manualWorld("here:1"), {
    names: ["here:1"],
    facts: [],
    watch: [],
  });
  node.start();
  const pay = node.plan.predicates.find(({ name }) => name === "pay");
  if (pay === undefined) throw new Error("no predicate pay");
  const packet = (number: number): Packet => Packet.of({ predicate: pay, args: [number], isDelete: false });
  for (const value of [packet(1), [packet(2)], new Address("o", "x:1", [packet(3), [packet(4)]])]) {
    node.insert("kept", [value]);
  }
  const values = (): readonly Value[] => (node.rows("kept") ?? []).map(([value]) => value as Value);
  expect(values().flatMap(tuplesIn)).toEqual(["pay", "pay", "pay", "pay"]);
  const texts = values().map((value) => formatValue(value));
  node.replaceProgram(loadProgram(planOf(KEPT)), []);
  expect(values().flatMap(tuplesIn)).toEqual([undefined, undefined, undefined, undefined]);
  expect(texts.at(-1)).toBe('o::("x:1", pay(3), [pay(4)])');
});
