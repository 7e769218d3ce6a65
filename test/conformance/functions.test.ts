import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { IsolatedWorld } from "../../runtime/world/isolated-world.ts";
import { type FunctionCase, functionCases, planOf } from "../plan/library/functions/function-cases.ts";

const ADDRESS = "10.0.0.1:10000";

/**
 * The cases of `test/plan/library/functions/cases.txt`, each as a rule of one compiled program. The arguments come from a table, so that
 * the compiler cannot compute the results.
 */
const cases = functionCases();
const results = run(cases);

test.each(cases.map((one, number) => [one.call, one, number] as const))("%s", (_call, { name, expected }, number) => {
  const value = results.get(number);
  const actual = value === undefined ? "fails" : formatValue(value);
  const isPure = functionNamed(name)?.pure === true;
  // The value of an impure function differs from run to run: only success and failure are compared.
  const comparable = (result: string): string => (isPure || result === "fails" ? result : "a value");
  expect(comparable(actual)).toBe(comparable(expected));
});

/** Runs all cases on one node. Returns the results by case number; a call that fails has none. */
function run(all: readonly FunctionCase[]): ReadonlyMap<Value, Value> {
  const tables = ["case", "result"].map((name) => `materialize(${name}, infinity, infinity, keys(1)).\n`);
  const program = loadProgram(planOf([...tables, ...all.map(ruleOf)].join("")));
  const world = new IsolatedWorld(ADDRESS, 0, 1);
  const node = new Node(program, world, { names: [ADDRESS], facts: [], watch: [] });
  node.start();
  node.insert("go", []);
  world.clock.runPending();
  return new Map((node.rows("result") ?? []).map(([number, value]) => [number as Value, value as Value]));
}

function ruleOf({ name, args }: FunctionCase, number: number): string {
  const items = args.map((_, at) => `f_item(List, ${at + 1})`);
  const rule = `r${number}: result(${number}, X) :- go(), case(${number}, List), X := ${name}(${items.join(", ")}).`;
  return `case(${number}, ${formatValue(args)}).\n${args.length > 0 ? rule : rule.replace("List", "_")}\n`;
}
