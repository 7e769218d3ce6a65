/** Requests of a topology to its nodes: events that change rows and programs, and checks that query them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkLines, type CheckResult } from "../../lab/outcome/evaluate-check.ts";
import type { Observation } from "../../lab/outcome/observation.ts";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { describeAction } from "../../lab/outcome/timeline-events.ts";
import { runSimulated } from "../../lab/simulator/run-simulated.ts";
import { controlsOf } from "../../src/cli/topology/host-control.ts";
import { loadTopology } from "../../src/cli/topology/load-topology.ts";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-requests-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every node tells its peers the values that it has, and all of them keep the greatest. */
const GREATEST = `
materialize(peer, infinity, infinity, keys(1)).
materialize(value, infinity, infinity, keys(1)).
materialize(leader, infinity, infinity, keys(1)).
tell: told@P(V) :- value(V), peer(P).
keep: value(V) :- told(V).
best: leader(max<V>) :- value(V).
`;
writeFileSync(join(folder, "greatest.mzl"), GREATEST);
writeFileSync(
  join(folder, "double.mzl"),
  "double: twice(V * 2) :- told(V).\nmaterialize(twice, infinity, infinity, keys(1)).\n",
);
writeFileSync(
  join(folder, "edge.mzl"),
  `overlay edge.
snd: carry@Dest(Packet) :- send(Dest, Packet).
rcv: recv(Packet) :- carry(Packet).
materialize(moved, infinity, infinity, keys(1,2)).
was: moved(Old, New) :- rebound(Old, New).
`,
);
writeFileSync(join(folder, "wrong.mzl"), "double: twice(V, W) :- value(V).\n");

const HEAD = `duration = "5s"
programs = ["greatest.mzl"]
hosts = 3
tun = false
peers = []
facts = ['peer("10.77.0.1:10000")', 'peer("10.77.0.2:10000")', 'peer("10.77.0.3:10000")']
`;

function fileOf(text: string): string {
  const file = join(folder, "lab.toml");
  writeFileSync(file, `${HEAD}${text}`);
  return file;
}

interface Run {
  readonly seen: readonly Observation[];
  readonly checks: readonly CheckResult[];
}

async function simulated(text: string): Promise<Run> {
  const { topology, plans, secretsOf } = loadTopology(fileOf(text), { ...SILENT, problem: () => undefined });
  const record = new RunRecord(topology);
  const seen: Observation[] = [];
  const observe = (one: Observation): void => {
    seen.push(one);
    record.add(one);
  };
  const controlOf = controlsOf(secretsOf);
  expect(await runSimulated(topology, { plans, secretsOf, observe, controlOf })).toMatchObject({ ok: true });
  return { seen, checks: record.checks };
}

const SILENT = { hasColour: false, result: () => undefined, data: () => undefined };

/** Returns the errors of a file that must have some. */
function errorsOf(text: string): readonly string[] {
  const problems: string[] = [];
  expect(() => loadTopology(fileOf(text), { ...SILENT, problem: (line) => problems.push(line) })).toThrow(/error/);
  return problems.map((line) => line.slice(folder.length + 1));
}

function event(at: string, keys: string): string {
  return `[[events]]\nat = "${at}"\n${keys}\n`;
}

function check(at: string, keys: string): string {
  return `[[checks]]\nat = "${at}"\n${keys}\n`;
}

const verdicts = ({ checks }: Run): readonly string[] => checkLines(checks).map((line) => line.trim());

describe("events", () => {
  test("insert and delete rows on the hosts of `on`, by default on all", async () => {
    const run = await simulated(
      event("1s", `insert = "value(5)"\non = "b"`) +
        event("2s", `delete = "value(5)"\non = ["a", "b"]`) +
        event("3s", `insert = "value(9)"`) +
        check("1500ms", `query = "value(5)"`) +
        check("2500ms", `query = "value"\non = "a"\nrows = 0`) +
        check("2500ms", `query = "value"\non = "c"\nrows = 1`) +
        check("4s", `query = "value(9)"\nrows = 1`),
    );
    expect(verdicts(run)).toEqual([
      "1.5 s  holds  value(5): at least 1 row on a, b, c: 1 row on each",
      "2.5 s  holds  value: 0 rows on a: 0 rows on each",
      "2.5 s  holds  value: 1 row on c: 1 row on each",
      "4.0 s  holds  value(9): 1 row on a, b, c: 1 row on each",
    ]);
    const actions = run.seen.flatMap((one) => (one.kind === "action" ? [describeAction(one)] : []));
    expect(actions).toEqual(["value(5) inserted on b", "value(5) deleted on a, b", "value(9) inserted on a, b, c"]);
  });

  test("insert nothing on a host that is down, and say so", async () => {
    const run = await simulated(event("1s", `kill = "b"`) + event("2s", `insert = "value(5)"\non = ["a", "b"]`));
    const actions = run.seen.flatMap((one) => (one.kind === "action" ? [describeAction(one)] : []));
    expect(actions).toEqual(["b killed", "value(5) inserted on a", "value(5) not inserted on b"]);
  });

  test("load and unload programs of the folder of the file, and reload them", async () => {
    const run = await simulated(
      event("1s", `insert = "value(5)"\non = "a"`) +
        event("2s", `load = "double.mzl"\non = "b"`) +
        event("2500ms", `insert = "value(7)"`) +
        event("2600ms", `reload = true`) +
        event("3s", `unload = "double"\non = "b"`) +
        check("2700ms", `query = "twice"\non = "b"\nrows = [1, 1]`) +
        check("4s", `query = "leader(7)"`),
    );
    expect(verdicts(run)).toEqual([
      "2.7 s  holds  twice: 1 row on b: 1 row on each",
      "4.0 s  holds  leader(7): at least 1 row on a, b, c: 1 row on each",
    ]);
  });

  test("rebind an overlay to another address on the hosts of `on`", async () => {
    const run = await simulated(
      event("500ms", `load = "edge.mzl"`) +
        event("500ms", `load = "sr.mzl"`) +
        event("1s", `rebind = "EDGE"\naddress = "10.77.0.9:10000"\non = ["a", "b"]`) +
        event("2s", `rebind = "edge"\naddress = 'sr::["10.77.0.7:10000"]'\ngrace = "1s"\non = "b"`) +
        check("4s", `query = 'edge.moved("10.77.0.1:10000", "10.77.0.9:10000")'\non = "a"`) +
        check("4s", `query = 'edge.localAddr(sr::["10.77.0.7:10000"])'\non = "b"`) +
        check("4s", `query = "edge.moved"\non = "c"\nrows = 0`),
    );
    expect(verdicts(run).map((line) => line.split("  ")[1])).toEqual(["holds", "holds", "holds"]);
    const actions = run.seen.flatMap((one) => (one.kind === "action" ? [describeAction(one)] : []));
    expect(actions.slice(2)).toEqual([
      "EDGE rebound to 10.77.0.9:10000 on a, b",
      `edge rebound to sr::["10.77.0.7:10000"] on b`,
    ]);
  });

  test("a request to a host that is down is a warning of the host", async () => {
    const { seen } = await simulated(event("1s", `kill = "b"`) + event("2s", `insert = "value(5)"\non = ["a", "b"]`));
    const warnings = seen.flatMap((one) => (one.kind === "log" && one.isWarning === true ? [one] : []));
    expect(warnings.map(({ at, host, text }) => ({ at, host, text }))).toEqual([
      { at: 2, host: "b", text: "insert value(5): no answer" },
    ]);
  });
});

describe("checks of queries", () => {
  const SPLIT =
    event("1s", `insert = "value(5)"\non = "a"`) +
    event("2s", `cut = ["a", "b"]`) +
    event("2s", `cut = ["a", "c"]`) +
    event("3s", `insert = "value(9)"\non = "a"`);

  test("`same` compares the rows of all hosts", async () => {
    const run = await simulated(
      SPLIT +
        check("1900ms", `query = "leader(L)"\nrows = 1\nsame = true`) +
        check("4s", `query = "leader(L)"\nrows = 1\nsame = true`) +
        check("4s", `query = "leader(L)"\non = ["b", "c"]\nsame = true`),
    );
    expect(verdicts(run)).toEqual([
      "1.9 s  holds  leader(L): 1 row, the same on a, b, c: 1 row on each",
      "4.0 s  FAILS  leader(L): 1 row, the same on a, b, c: the rows differ: 9 on a; 5 on b, c",
      "4.0 s  holds  leader(L): the same rows on b, c: 1 row on each",
    ]);
    expect(run.checks[1]?.answers).toEqual([
      { host: "a", rows: [["9"]] },
      { host: "b", rows: [["5"]] },
      { host: "c", rows: [["5"]] },
    ]);
  });

  test("`rows` bounds the rows of each host, and a host that is down fails the check", async () => {
    const run = await simulated(
      SPLIT +
        event("3500ms", `kill = "c"`) +
        check("3200ms", `query = "value(V)"\nrows = [1, 2]`) +
        check("3200ms", `query = "value(V)"\nrows = 2`) +
        check("4s", `query = "value(V)"`) +
        `[[checks]]\nquery = "value(V), V > 6"\non = "a"\nrows = 1\n`,
    );
    expect(verdicts(run)).toEqual([
      "3.2 s  holds  value(V): 1 to 2 rows on a, b, c: 1 to 2 rows",
      "3.2 s  FAILS  value(V): 2 rows on a, b, c: b: 1 row; c: 1 row",
      "4.0 s  FAILS  value(V): at least 1 row on a, b, c: c: no answer",
      "5.0 s  holds  value(V), V > 6: 1 row on a: 1 row on each",
    ]);
  });
});

describe("errors of requests have file and line:", () => {
  test.for([
    [
      "an unknown predicate",
      event("1s", `insert = "valeu(5)"`),
      /^lab\.toml:9:1: events\[1\]\.insert: .*valeu.* \(on a\)$/,
    ],
    ["a wrong arity", event("1s", `delete = "value(5, 6)"`), /^lab\.toml:9:1: events\[1\]\.delete: .*value/],
    ["a fact that is none", event("1s", `insert = "value(5) :- x."`), /^lab\.toml:9:1: events\[1\]\.insert: /],
    [
      "a program that does not exist",
      event("1s", `load = "none.mzl"`),
      /^lab\.toml:9:1: events\[1\]\.load: .*none\.mzl/,
    ],
    ["a program with an error", event("1s", `load = "wrong.mzl"`), /^lab\.toml:9:1: events\[1\]\.load: .*W/],
    [
      "a program that is not loaded",
      event("1s", `unload = "double"`),
      /^lab\.toml:9:1: events\[1\]\.unload: no file `double` is loaded/,
    ],
    ["the only program", event("1s", `unload = "greatest"`), /^lab\.toml:9:1: events\[1\]\.unload: .*only program/],
    [
      "a query of an unknown table",
      check("1s", `query = "valeu(V)"`),
      /^lab\.toml:9:1: checks\[1\]\.query: .*valeu.* \(on a\)$/,
    ],
    [
      "an overlay that is not loaded",
      event("1s", `rebind = "edge"\naddress = "10.77.0.9:10000"`),
      /^lab\.toml:9:1: events\[1\]\.rebind: the node runs no overlay `edge`: it runs none \(on a\)$/,
    ],
    [
      "a text that is no address",
      event("500ms", `load = "edge.mzl"`) + event("1s", `rebind = "edge"\naddress = "nine"`),
      /^lab\.toml:13:1: events\[2\]\.address: `nine` is no address: .* \(on a\)$/,
    ],
    [
      "`rebind` without an address",
      event("1s", `rebind = "edge"`),
      /^lab\.toml:7:1: events\[1\]: expected `rebind` and `address` together/,
    ],
    [
      "an unknown host",
      event("1s", `reload = true\non = "d"`),
      /^lab\.toml:10:1: events\[1\]\.on: there is no host "d"/,
    ],
    [
      "`on` of another action",
      event("1s", `kill = "a"\non = "b"`),
      /^lab\.toml:7:1: events\[1\]: `on` belongs to insert/,
    ],
    [
      "`rows` without a query",
      check("1s", `lost = 0\nrows = 1`),
      /^lab\.toml:7:1: checks\[1\]: `rows` and `same` belong to `query`/,
    ],
    [
      "no range of rows",
      check("1s", `query = "value"\nrows = [3, 1]`),
      /^lab\.toml:10:1: checks\[1\]\.rows: expected a number of rows/,
    ],
    [
      "`same = false`",
      check("1s", `query = "value"\nsame = false`),
      /^lab\.toml:10:1: checks\[1\]\.same: expected true/,
    ],
  ] as const)("%s", ([, text, error]) => {
    expect(errorsOf(text)[0]).toMatch(error);
  });

  test("a program of an earlier event has the predicate, and one that starts again does not", () => {
    const load = event("1s", `load = "double.mzl"\non = "b"`);
    const insert = event("3s", `insert = "twice(4)"\non = "b"`);
    expect(() => loadTopology(fileOf(load + insert), { ...SILENT, problem: () => undefined })).not.toThrow();
    const [error] = errorsOf(load + event("2s", `kill = "b"`) + event("2s", `start = "b"`) + insert);
    expect(error).toMatch(/^lab\.toml:\d+:1: events\[4\]\.insert: .*twice.* \(on b\)$/);
  });
});

describe("a lab", () => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
  test(`makes the same requests to its nodes`, async ({ skip }) => {
    if (reason !== undefined) skip(reason);
    const file = fileOf(
      event("500ms", `insert = "value(5)"\non = "b"`) +
        event("1s", `load = "double.mzl"\non = "c"`) +
        event("1500ms", `insert = "value(6)"\non = "c"`) +
        event("1500ms", `load = "edge.mzl"\non = "a"`) +
        event("2s", `rebind = "edge"\naddress = "10.77.0.9:10000"\non = "a"`) +
        check("3s", `query = 'edge.localAddr("10.77.0.9:10000")'\non = "a"`) +
        check("3s", `query = "leader(L)"\nrows = 1\nsame = true`) +
        check("3s", `query = "twice(T)"\non = "c"\nrows = [1, 2]`) +
        check("3s", `query = "value(V)"\nrows = 3`),
    );
    const { stdout, code } = await mosaic("lab", file, "--json", "--check");
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckResult[] };
    expect(checks.map(({ holds }) => holds)).toEqual([true, true, true, false]);
    expect(checks[3]?.observed).toContain("a: 2 rows");
    expect(code).toBe(1);
  });
});
