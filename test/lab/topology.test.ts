import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyPositions } from "../../lab/key-positions.ts";
import { faultsBetween, formatTopologyError, readTopology, type Topology } from "../../lab/topology.ts";

function topologyOf(text: string): Topology {
  const result = readTopology(text, "lab.toml");
  if (!result.ok) throw new Error(result.errors.map(formatTopologyError).join("\n"));
  return result.topology;
}

/** Topology files with a fault, and what is said about them. */
const FAULTY: Readonly<Record<string, readonly [text: string, errors: string]>> = {
  "no TOML": [
    `duration = "5s`,
    `lab.toml:1:12: Invalid TOML document: unfinished string`,
  ],
  "nothing at all": [
    ``,
    `lab.toml:1:1: duration: missing; expected a duration as "20ms", "2s" or "5min"
lab.toml:1:1: hosts: missing; expected a number of hosts, or a table [hosts.NAME] for each`,
  ],
  "a misspelt key": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = 2
sead = 4`,
    `lab.toml:4:1: sead: unknown key; allowed: title, seed, duration, programs, defines, facts, peers, tun, watch, routes, hosts, links, traffic, events`,
  ],
  "a misspelt key of a host": [
    `duration = "5s"
programs = ["ron.mzl"]
[hosts.a]
[hosts.b]
  cuont = 3`,
    `lab.toml:5:3: hosts.b.cuont: unknown key; allowed: programs, defines, facts, peers, tun, count, address, virtual`,
  ],
  "numbers where durations stand": [
    `duration = 5
programs = ["ron.mzl"]
hosts = 2
[[links]]
between = "all"
delay = "20 ms"`,
    `lab.toml:1:1: duration: expected a duration as "20ms", "2s" or "5min"
lab.toml:6:1: links[1].delay: expected a duration as "20ms", "2s" or "5min"`,
  ],
  "a chance above one": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = 2
links = [{ between = "all", loss = 5 }, { between = "all", reorder = "101%" }]`,
    `lab.toml:4:29: links[1].loss: expected a chance from 0 to 1, or from "0%" to "100%"
lab.toml:4:60: links[2].reorder: expected a chance from 0 to 1, or from "0%" to "100%"`,
  ],
  "a bad name": [
    `duration = "5s"
programs = ["ron.mzl"]
[hosts]
a = {}
B_2 = {}`,
    `lab.toml:5:1: hosts.B_2: expected a name of lower-case letters, digits and \`-\``,
  ],
  "no number of hosts": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = 0`,
    `lab.toml:3:1: hosts: expected a number of hosts, or a table [hosts.NAME] for each`,
  ],
  "nothing to run": [
    `duration = "5s"
[hosts.a]
programs = ["ron.mzl"]
[hosts.b]`,
    `lab.toml:4:1: hosts.b.programs: missing; expected a list of programs, as programs = ["ron.mzl"], here or for all hosts`,
  ],
  "hosts that are not there": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = { a = {}, n = { count = 2, peers = ["a", "m"] } }
[[traffic]]
from = "a"
to = "n3"
[[events]]
at = "1s"
cut = ["a", ["n", "z"]]`,
    `lab.toml:3:50: hosts.n.peers[2]: there is no host "m"; there are a, n, n1, n2
lab.toml:6:1: traffic[1].to: there is no host "n3"; there are a, n, n1, n2
lab.toml:9:19: events[1].cut[2][2]: there is no host "z"; there are a, n, n1, n2`,
  ],
  "a group where one host stands": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts.n = { count = 2 }
[[traffic]]
from = "n1"
to = "n"`,
    `lab.toml:6:1: traffic[1].to: expected one host, not the group n`,
  ],
  "two events in one, none, and one that is late": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = 2
[[events]]
at = "1s"
cut = ["a", "b"]
kill = "a"
[[events]]
at = "1s"`,
    `lab.toml:4:1: events[1]: expected exactly one of cut, heal, kill, start in an event
lab.toml:8:1: events[2]: expected exactly one of cut, heal, kill, start in an event`,
  ],
  "times after the end": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = 2
events = [{ at = "5s", kill = "a" }]
traffic = [{ from = "a", to = "b", at = "1min" }]`,
    `lab.toml:5:36: traffic[1].at: expected a time before the end, which \`duration\` sets
lab.toml:4:13: events[1].at: expected a time before the end, which \`duration\` sets`,
  ],
  "traffic that cannot be": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts = { a = {}, b = { tun = false } }
[[traffic]]
from = "a"
to = "a"
[[traffic]]
from = "a"
to = "b"
every = "1ms"`,
    `lab.toml:10:1: traffic[2].every: expected 2ms or more`,
  ],
  "an address twice": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts.a = { address = "10.0.0.1:1", virtual = "100.64.0.2" }
hosts.b = { address = "10.0.0.1:1" }`,
    `lab.toml:4:13: hosts.b.address: 10.0.0.1:1 is a's already
lab.toml:4:1: hosts.b.virtual: 100.64.0.2 is a's already`,
  ],
  "addresses that are none": [
    `duration = "5s"
programs = ["ron.mzl"]
hosts.a = { address = "10.0.0.1", virtual = "10.0.0.2" }`,
    `lab.toml:3:13: hosts.a.address: expected an address as "10.77.0.1:10000"
lab.toml:3:35: hosts.a.virtual: expected an address from 100.64.0.0 to 100.127.255.255, as "100.64.0.1"`,
  ],
};

describe("a topology file with a fault says where, and what is allowed:", () => {
  test.each(Object.entries(FAULTY))("%s", (_, [text, errors]) => {
    const result = readTopology(text, "lab.toml");
    expect(result.ok ? "no fault" : result.errors.map(formatTopologyError).join("\n")).toBe(errors);
  });
});

const SMALL = `duration = "5s"\nprograms = ["ron.mzl"]\n`;

describe("hosts", () => {
  test("a number of hosts names them by letters", () => {
    const { hosts } = topologyOf(`${SMALL}hosts = 3`);
    expect(hosts.map(({ name, address, virtual }) => `${name} ${address} ${virtual}`)).toEqual([
      "a 10.77.0.1:10000 100.64.0.1",
      "b 10.77.0.2:10000 100.64.0.2",
      "c 10.77.0.3:10000 100.64.0.3",
    ]);
  });

  test("more hosts than letters are numbered, and so are their addresses", () => {
    const { hosts } = topologyOf(`${SMALL}hosts = 300\npeers = ["n1"]`);
    expect(hosts.at(-1)).toMatchObject({ name: "n300", address: "10.77.1.44:10000", virtual: "100.64.1.44" });
  });

  test("what is said for all hosts holds for each that says nothing else", () => {
    const { hosts } = topologyOf(`${SMALL}
defines = { PROFILE = "fast", N = 3 }
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
    expect(a).toMatchObject({ programs: ["ron.mzl"], facts: ["p(1)", "p(2)"], peers: [], virtual: "100.64.0.1" });
    expect([...(a?.defines ?? [])]).toEqual([["PROFILE", "paper"], ["N", "3"]]);
    expect(b).toMatchObject({ programs: ["tunnel.mzl"], facts: ["p(1)"], peers: ["a"], virtual: undefined });
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
  ])("the later ones override the earlier ones: %s to %s", (from, to, faults) => {
    expect(faultsBetween(links, from, to)).toEqual(faults);
  });
});

test("events come by time, with the ways they are about", () => {
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
  const way = (from: string, to: string): object => ({ from, to });
  expect(events).toEqual([
    { at: 1, action: { kind: "cut", ways: [way("a", "n1"), way("n1", "a")] } },
    { at: 3, action: { kind: "heal", ways: [way("a", "n1"), way("a", "n2")] } },
    { at: 3, action: { kind: "kill", hosts: ["n1", "n2"] } },
  ]);
});

test("the demonstration is a topology file of under 40 lines", () => {
  const file = new URL("../../lab/demo/ron.toml", import.meta.url);
  const text = readFileSync(file, "utf8");
  const { hosts, traffic, watch } = topologyOf(text);
  expect(text.split("\n").length).toBeLessThan(40);
  expect(hosts).toHaveLength(5);
  expect(traffic).toEqual([{ from: "a", to: "b", every: 0.1, at: 4 }]);
  expect(watch).toEqual(["ron.RT"]);
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
  ])("%s", (place, path) => {
    const { line, column } = positions.find(path);
    expect(`${line}:${column}`).toBe(place);
  });
});

test("whatever a topology file holds, reading it ends with a topology or with errors", () => {
  const words = fc.constantFrom("hosts", "=", "[", "]", "[[", "]]", "{", "}", ".", ",", '"', "'", "a", "1", "\n", "links", "#", '"""');
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.array(words, { maxLength: 30 }).map((all) => all.join("")));
  fc.assert(
    fc.property(texts, (text) => {
      const result = readTopology(text, "lab.toml");
      expect(result.ok || result.errors.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("whatever is a TOML document has its positions found", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.string(), fc.boolean(), tie("list"), tie("table")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    table: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie("value"), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(value.table, (document) => {
      const text = Object.entries(document as Record<string, unknown>)
        .map(([key, one]) => `\n${JSON.stringify(key)} = ${inline(one)}`)
        .join("");
      const positions = new KeyPositions(text);
      for (const [at, key] of Object.keys(document as object).entries()) {
        expect(positions.find([key])).toEqual({ line: at + 2, column: 1 });
      }
    }),
  );
});

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)} = ${inline(one)}`).join(", ")} }`;
}
