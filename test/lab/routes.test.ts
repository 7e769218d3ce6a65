import { beforeEach, expect, test } from "vitest";
import { Routes } from "../../lab/outcome/routes.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { JsonTuple, JsonValue } from "../../runtime/plan/values/json-value.ts";

const ADDRESS: Readonly<Record<string, string>> = { a: "10.77.0.1:10000", b: "10.77.0.2:10000", c: "10.77.0.3:10000" };

let routes: Routes;

beforeEach(() => {
  const read = readTopology('duration = "1s"\nprograms = ["x.mzl"]\nhosts = 3', "lab.toml");
  if (!read.ok) throw new Error("no topology");
  routes = new Routes(read.topology.hosts, { table: "ov.RT", to: 1, next: 3, cost: 2 });
});

let at = 0;

/** Applies a report such as `a + b via c 5`. Returns whether a route has changed. */
function report(text: string): boolean {
  const [host = "", op, to = "", , next = "", cost] = text.split(" ");
  const value: JsonValue = cost === "infinity" ? { number: "infinity" } : Number(cost);
  const tuple: JsonTuple = ["ov.RT", ADDRESS[to] ?? to, value, ADDRESS[next] ?? next];
  return routes.apply(host, { t: 0, node: "", op: op as WatchLine["op"], tuple }, at++);
}

test("a path follows the route tables of its hosts", () => {
  report("a + b via c 5");
  expect(routes.path("a", "b")).toBeUndefined();
  report("c + b via b 1");
  expect(routes.path("a", "b")).toEqual(["a", "c", "b"]);
});

test("routes with a cycle give no path", () => {
  report("a + b via c 5");
  report("c + b via a 5");
  expect(routes.path("a", "b")).toBeUndefined();
});

test("a new row replaces the old one, in any order of the two reports", () => {
  report("a + b via b infinity");
  expect(report("a - b via b infinity")).toBe(true);
  expect(report("a + b via c 5")).toBe(true);
  report("a + b via b 3");
  expect(report("a - b via c 5")).toBe(false);
  expect(routes.of("a")).toEqual([{ to: "b", next: "b", cost: 3 }]);
});

test("refreshes, other tables and malformed rows are ignored", () => {
  report("a + b via b 1");
  expect(report("a refresh b via c 1")).toBe(false);
  expect(
    routes.apply("a", { t: 0, node: "", op: "+", tuple: ["ov.link", ADDRESS["b"] ?? "", 1, ADDRESS["c"] ?? ""] }, 0),
  ).toBe(false);
  expect(routes.apply("a", { t: 0, node: "", op: "+", tuple: ["ov.RT", null] }, 0)).toBe(false);
  expect(routes.of("a")).toEqual([{ to: "b", next: "b", cost: 1 }]);
});

test("a host that went down has no routes", () => {
  report("a + b via b 1");
  routes.clear("a", 9);
  expect(routes.path("a", "b")).toBeUndefined();
});

test("all changes of next hops and costs are kept with their times", () => {
  at = 3;
  report("a + b via b 1");
  report("a + b via c 2");
  report("a refresh b via c 2");
  report("a - b via c 2");
  expect(routes.changes).toEqual([
    { t: 3, host: "a", to: "b", next: "b", cost: 1 },
    { t: 4, host: "a", to: "b", next: "c", cost: 2 },
    { t: 6, host: "a", to: "b", next: null, cost: null },
  ]);
});
