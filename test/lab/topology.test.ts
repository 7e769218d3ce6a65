/** Reading of topology files: errors, resolved hosts, links and events, and positions of keys. */
import { readFileSync } from "node:fs";
import { addressesOf } from "../../lab/topology/host-devices.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyPositions } from "../../lab/topology/key-positions.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";
import { faultsBetween, type Topology, watchedPredicates } from "../../lab/topology/topology.ts";
import { testCases } from "../cases.ts";

function topologyOf(text: string): Topology {
  const result = readTopology(text, "lab.toml");
  if (!result.ok) throw new Error(result.errors.map(formatTopologyError).join("\n"));
  return result.topology;
}

describe("errors of a topology file give position and accepted values:", () => {
  testCases(new URL("cases/topology-errors.txt", import.meta.url), (text) => {
    const result = readTopology(text, "lab.toml");
    return result.ok ? "no fault" : result.errors.map(formatTopologyError).join("\n");
  });
});

const SMALL = `duration = "5s"\nprograms = ["ron.mzl"]\n`;

describe("hosts", () => {
  test("are named by letters if the file gives a number", () => {
    const { hosts } = topologyOf(`${SMALL}hosts = 3`);
    expect(hosts.map(({ name, address, devices }) => `${name} ${address} ${addressesOf(devices).join()}`)).toEqual([
      "a 10.77.0.1:10000 100.64.0.1",
      "b 10.77.0.2:10000 100.64.0.2",
      "c 10.77.0.3:10000 100.64.0.3",
    ]);
  });

  test("are numbered if there are more than 26, and so are their addresses", () => {
    const { hosts } = topologyOf(`${SMALL}hosts = 300\npeers = ["n1"]`);
    expect(hosts.at(-1)).toMatchObject({
      name: "n300",
      address: "10.77.1.44:10000",
      devices: [{ network: { address: "100.64.1.44" } }],
    });
  });

  test("use settings for all hosts unless they have their own", () => {
    const { hosts } = topologyOf(`${SMALL}
defines = { PROFILE = "fast", N = 3, BIG = 1e16 }
facts = ["p(1)"]
peers = []
[hosts.a]
defines.PROFILE = "paper"
facts = ["p(2)"]
[hosts.b]
programs = ["tunnel.mzl"]
peers = "all"
tun = false`);
    const [a, b] = hosts;
    expect(a).toMatchObject({ programs: ["ron.mzl"], facts: ["p(1)", "p(2)"], peers: [] });
    expect(a?.devices).toMatchObject([
      { kind: "tun", name: "mosaic0", network: { address: "100.64.0.1", prefix: 10 } },
    ]);
    expect([...(a?.defines ?? [])]).toEqual([
      ["PROFILE", "paper"],
      ["N", "3"],
      // As a program writes it: an integer beyond 2^53 has a point.
      ["BIG", "10000000000000000.0"],
    ]);
    expect(b).toMatchObject({ programs: ["tunnel.mzl"], facts: ["p(1)"], peers: ["a"], devices: [] });
  });
});

describe("links", () => {
  const { links } = topologyOf(`${SMALL}
hosts = { a = {}, b = {}, n = { count = 2 } }
[[links]]
between = "all"
delay = "10ms"
loss = "5%"
[[links]]
between = ["a", "n"]
loss = 0
[[links]]
from = "b"
to = ["a", "n"]
reorder = 0.5
hold-back = "2ms"`);

  test.each([
    ["a", "b", { delay: 0.01, loss: 0.05 }],
    ["a", "n2", { delay: 0.01, loss: 0 }],
    ["n1", "n2", { delay: 0.01, loss: 0 }],
    ["b", "a", { delay: 0.01, loss: 0.05, reorder: 0.5, holdBack: 0.002 }],
    ["b", "n1", { delay: 0.01, loss: 0.05, reorder: 0.5, holdBack: 0.002 }],
    ["n1", "b", { delay: 0.01, loss: 0.05 }],
  ])("override earlier links: %s to %s", (from, to, faults) => {
    const end = (name: string): { name: string; network: undefined } => ({ name, network: undefined });
    expect(faultsBetween(links, end(from), end(to))).toEqual(faults);
  });
});

test("events are sorted by time and resolved to directions", () => {
  const { events } = topologyOf(`${SMALL}
hosts = { a = {}, n = { count = 2 } }
[[events]]
at = "3s"
heal = { from = "a", to = "n" }
[[events]]
at = "1s"
cut = ["a", "n1"]
[[events]]
at = "3s"
kill = "n"`);
  const direction = (from: string, to: string): object => ({ from, to });
  expect(events).toEqual([
    { at: 1, number: 1, action: { kind: "cut", directions: [direction("a", "n1"), direction("n1", "a")] } },
    { at: 3, number: 0, action: { kind: "heal", directions: [direction("a", "n1"), direction("a", "n2")] } },
    { at: 3, number: 2, action: { kind: "kill", hosts: ["n1", "n2"] } },
  ]);
});

test("the demonstration is a topology file of fewer than 40 lines", () => {
  const file = new URL("../../lab/demo/ron.toml", import.meta.url);
  const text = readFileSync(file, "utf8");
  const topology = topologyOf(text);
  const { hosts, traffic } = topology;
  expect(text.split("\n").length).toBeLessThan(40);
  expect(hosts).toHaveLength(5);
  const ends = { from: "a", to: "b", named: { from: "a", to: "b" }, source: undefined, destination: "100.64.0.2" };
  expect(traffic).toEqual([{ kind: "ping", name: "a to b", ...ends, every: 0.1, at: 3 }]);
  expect(watchedPredicates(topology)).toEqual(["ron.RT"]);
});

describe("positions of keys", () => {
  const text = `# a comment = "with # and ["
title = "x" # [not.a.table]
"quoted key".'b c' = """
d = 1
""" # more
[a.b]
  c = [1, # one
    { d = 2, "e" = '}' }]
[[t]]
x = 1
[t.u]
y = 1979-05-27T07:32:00Z
[[t]]
x = { y.z = [[], [3]] }
`;
  const positions = new KeyPositions(text);

  test.each<[string, readonly (string | number)[]]>([
    ["2:1", ["title"]],
    ["3:1", ["quoted key", "b c"]],
    ["6:1", ["a", "b"]],
    ["7:3", ["a", "b", "c"]],
    ["7:8", ["a", "b", "c", 0]],
    ["8:7", ["a", "b", "c", 1, "d"]],
    ["8:14", ["a", "b", "c", 1, "e"]],
    ["9:1", ["t", 0]],
    ["10:1", ["t", 0, "x"]],
    ["11:1", ["t", 0, "u"]],
    ["12:1", ["t", 0, "u", "y"]],
    ["13:1", ["t", 1]],
    ["14:7", ["t", 1, "x", "y", "z"]],
    ["14:19", ["t", 1, "x", "y", "z", 1, 0]],
    ["13:1", ["t", 1, "missing", "deeper"]],
    ["1:1", ["nowhere"]],
  ])("%s", (position, path) => {
    const { line, column } = positions.find(path);
    expect(`${line}:${column}`).toBe(position);
  });
});

test("reading any text ends with a topology or with errors", () => {
  const words = fc.constantFrom(
    "hosts",
    "=",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ".",
    ",",
    '"',
    "'",
    "a",
    "1",
    "\n",
    "links",
    "#",
    '"""',
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 30 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = readTopology(text, "lab.toml");
      expect(result.ok || result.errors.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("positions of keys are found in any TOML document", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.boolean(), tie("list"), tie("table")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    table: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie("value"), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(value.table, (document) => {
      const text = Object.entries(document)
        .map(([key, one]) => `\n${JSON.stringify(key)} = ${inline(one)}`)
        .join("");
      const positions = new KeyPositions(text);
      for (const [at, key] of Object.keys(document).entries()) {
        expect(positions.find([key])).toEqual({ line: at + 2, column: 1 });
      }
    }),
  );
});

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)} = ${inline(one)}`)
    .join(", ")} }`;
}
