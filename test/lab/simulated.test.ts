/** The simulator backend of the lab: record, timeline and report of runs in virtual time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Observation } from "../../lab/outcome/observation.ts";
import { routeLines, summarize, summaryLines } from "../../lab/outcome/report.ts";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { runSimulated, type SimulatedOutcome } from "../../lab/simulator/run-simulated.ts";
import { Plans } from "../../lab/topology/programs.ts";
import { Timeline } from "../../lab/outcome/timeline.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";
import type { Topology } from "../../lab/topology/topology.ts";
import { compileHosts } from "../../src/cli/topology/compile-hosts.ts";
import { hashProblem } from "../sim/trace-hashes.ts";
import { plansOf } from "./plans-of.ts";

function topologyOf(text: string, file = "lab.toml"): Topology {
  const read = readTopology(text, file);
  if (!read.ok) throw new Error(read.errors.map(formatTopologyError).join("\n"));
  return read.topology;
}

interface Run {
  readonly outcome: SimulatedOutcome;
  readonly record: RunRecord;
  readonly observations: readonly Observation[];
  readonly shown: string;
}

/** Returns the final lines of a terminal that knows carriage return, line feed, cursor up and clear below. */
function onTerminal(written: string): readonly string[] {
  const lines = [""];
  let row = 0;
  for (const [part] of written.matchAll(/\r|\n|\u001b\[\d*[AJ]|[^\r\n\u001b]+/g)) {
    if (part === "\n") lines[++row] ??= "";
    else if (part.endsWith("A")) row -= Number(part.slice(2, -1));
    else if (part.endsWith("[J")) lines.splice(row, Infinity, "");
    else if (part !== "\r") lines[row] += part;
  }
  return lines;
}

async function run(topology: Topology, isTerminal = false): Promise<Run> {
  const record = new RunRecord(topology);
  const observations: Observation[] = [];
  let shown = "";
  const screen = { isTerminal, hasColour: false, write: (text: string) => void (shown += text) };
  const timeline = new Timeline(topology, screen);
  const observe = (observation: Observation): void => {
    observations.push(observation);
    record.add(observation);
    timeline.show(observation, record);
  };
  const outcome = await runSimulated(topology, { plans: plansOf(topology), observe });
  timeline.finish();
  record.takeSnapshot(topology.duration);
  return { outcome, record, observations, shown };
}

/** Two hosts with a tunnel, whose link is cut from second 3 to second 4. */
const TUNNEL = `
title = "tunnel"
duration = "6s"
programs = ["tunnel.mzl"]
hosts = 2
links = [{ between = "all", delay = "10ms" }]
[[traffic]]
from = "a"
to = "b"
every = "100ms"
at = "1s"
[[events]]
at = "3050ms"
cut = ["a", "b"]
[[events]]
at = "4050ms"
heal = ["a", "b"]
`;

describe("a tunnel in the simulator", () => {
  test("carries pings, and loses those sent while its link is cut", async () => {
    const topology = topologyOf(TUNNEL);
    const { outcome, record } = await run(topology);
    expect(outcome).toMatchObject({ ok: true, network: { cut: 10 } });
    expect(summaryLines(summarize(topology, record))).toEqual([
      "a to b: 50 pings, 10 lost; round trip 20 ms median, 20 ms worst",
      "  3.0 s  link a–b cut: an outage of 1070 ms, 10 lost",
      "  4.0 s  link a–b healed: no outage",
    ]);
  });

  test("has a timeline with one status line per second and one line per event", async () => {
    const { shown } = await run(topologyOf(TUNNEL));
    expect(shown).toBe(`   1.0 s  a … b             –
   2.0 s  a … b         20 ms  ··········
   3.0 s  a … b         20 ms  ····················
   3.0 s  ── link a–b cut
   4.0 s  a … b             –  ···········×××××××××  9 lost
   4.0 s  ── link a–b healed
   4.1 s  ── traffic flows again after 1070 ms; 10 pings lost
   5.0 s  a … b         20 ms  ·××××××××××·········  10 lost
   6.0 s  a … b         20 ms  ×···················  10 lost
`);
  });

  test("shares the timeline with a second one, and each event names its traffic", async () => {
    const second = '[[traffic]]\nfrom = "b"\nto = "a"\nat = "3500ms"\n[[events]]\nat = "3050ms"';
    const { shown } = await run(topologyOf(TUNNEL.replace('[[events]]\nat = "3050ms"', second)));
    expect(shown.split("\n").slice(7, 13)).toEqual([
      "   4.0 s  a … b             –  ···········×××××××××  9 lost",
      "   4.0 s  b … a             –  ×××××                 5 lost",
      "   4.0 s  ── link a–b healed",
      "   4.1 s  ── a to b: traffic flows again after 1070 ms; 10 pings lost",
      "   4.2 s  ── b to a: traffic flows again after 1170 ms; 6 pings lost",
      "   5.0 s  a … b         20 ms  ·××××××××××·········  10 lost",
    ]);
    const terminal = await run(topologyOf(TUNNEL.replace('[[events]]\nat = "3050ms"', second)), true);
    // Status lines are removed at the end; events stay.
    expect(onTerminal(terminal.shown)).toEqual([
      "   3.0 s  ── link a–b cut",
      "   4.0 s  ── link a–b healed",
      "   4.1 s  ── a to b: traffic flows again after 1070 ms; 10 pings lost",
      "   4.2 s  ── b to a: traffic flows again after 1170 ms; 6 pings lost",
      "",
    ]);
  });

  test("loses pings while its other end is down", async () => {
    const text = TUNNEL.replace('cut = ["a", "b"]', 'kill = "b"').replace('heal = ["a", "b"]', 'start = "b"');
    const topology = topologyOf(text);
    const { record } = await run(topology);
    expect(summaryLines(summarize(topology, record))).toEqual([
      "a to b: 50 pings, 10 lost; round trip 20 ms median, 20 ms worst",
      "  3.0 s  b killed: an outage of 1070 ms, 10 lost",
      "  4.0 s  b started: no outage",
    ]);
  });
});

describe("an event without effect", () => {
  const withEvents = (...events: readonly string[]): Topology =>
    topologyOf(TUNNEL.slice(0, TUNNEL.indexOf("[[events]]")) + events.map((one) => `[[events]]\n${one}\n`).join(""));

  test.each([
    ["start of a running node", ['at = "2s"\nstart = "b"'], ["  2.0 s  b already runs: no effect"]],
    [
      "second kill",
      ['at = "5500ms"\nkill = "b"', 'at = "5600ms"\nkill = ["a", "b"]'],
      [
        "  5.5 s  b killed: no ping was answered afterwards, 5 lost",
        "  5.6 s  a killed: no ping was answered afterwards, 4 lost",
        "  5.6 s  b is not running: no effect",
      ],
    ],
    ["heal of a link that is not cut", ['at = "2s"\nheal = ["a", "b"]'], ["  2.0 s  link a–b is not cut: no effect"]],
    [
      "cut of a link that is cut in one direction",
      ['at = "5500ms"\ncut = { from = "a", to = "b" }', 'at = "5600ms"\ncut = ["a", "b"]'],
      [
        "  5.5 s  link a→b cut: no ping was answered afterwards, 5 lost",
        "  5.6 s  link b→a cut: no ping was answered afterwards, 4 lost",
        "  5.6 s  link a→b is already cut: no effect",
      ],
    ],
  ] as const)("%s", async (_, events, lines) => {
    const topology = withEvents(...events);
    const { record } = await run(topology);
    const summary = summarize(topology, record);
    expect(summaryLines(summary).slice(1)).toEqual(lines);
    const effects = summary.traffic
      .flatMap((one) => (one.kind === "ping" ? one.events : []))
      .map(({ effect }) => effect);
    expect(effects).toEqual(lines.map((line) => !line.endsWith("no effect")));
  });

  test("is not done in the timeline, and its time is not the begin of an outage", async () => {
    const { shown } = await run(withEvents('at = "2s"\nheal = ["a", "b"]', 'at = "2500ms"\nstart = ["a", "b"]'));
    expect(shown.split("\n").filter((line) => line.includes("──"))).toEqual([
      "   2.0 s  ── link a–b is not cut",
      "   2.5 s  ── a, b already run",
    ]);
  });
});

test("runs with the same seed are equal, with another seed different", async () => {
  const topology = topologyOf(TUNNEL.replace('delay = "10ms"', 'delay = "10ms", jitter = "5ms", loss = "20%"'));
  const hash = async (seed: number): Promise<string> => {
    const { outcome } = await run({ ...topology, seed });
    return outcome.ok ? outcome.traceHash : outcome.message;
  };
  const [one, same, other] = [await hash(1), await hash(1), await hash(2)];
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

test("a program with an error is rejected with its diagnostics", () => {
  const topology = topologyOf('duration = "1s"\nprograms = ["nowhere.mzl"]\nhosts = 1');
  expect(Plans.compile(topology, compileHosts)).toEqual({ ok: false, message: expect.stringContaining("nowhere.mzl") });
});

test("a run can be interrupted", async () => {
  const settings = { plans: plansOf(topologyOf(TUNNEL)), observe: () => {}, signal: AbortSignal.abort() };
  expect(await runSimulated(topologyOf(TUNNEL), settings)).toEqual({ ok: false, message: "interrupted" });
});

test("a run can be interrupted before its first tick, even under many events", async () => {
  const topology = topologyOf('duration = "1h"\nprograms = ["ron.mzl"]\nhosts = 150');
  const ticks: Observation[] = [];
  const observe = (one: Observation): void => void (one.kind === "tick" && ticks.push(one));
  const settings = { plans: plansOf(topology), observe, signal: AbortSignal.timeout(50) };
  expect(await runSimulated(topology, settings)).toEqual({ ok: false, message: "interrupted" });
  expect(ticks).toEqual([]);
});

describe("the demonstration", () => {
  const file = new URL("../../lab/demo/ron.toml", import.meta.url);

  test("reroutes around the cut link, and returns to the direct path after the repair", async () => {
    const read = readTopology(readFileSync(file, "utf8"), file.pathname);
    if (!read.ok) throw new Error("not a topology");
    const { outcome, record, shown } = await run(read.topology);
    expect(hashProblem("lab/demo/ron.toml", outcome.ok ? outcome.traceHash : outcome.message)).toBeUndefined();
    const events = shown.split("\n").filter((line) => line.includes("──"));
    expect(
      events.map((line) =>
        line
          .replace(/.*── /, "")
          .replace(/after \d+ ms/, "after …")
          .replace(/[cde] →/, "? →"),
      ),
    ).toEqual([
      "link a–b cut",
      expect.stringMatching(/^outage detected after …: a → \? → b$/),
      expect.stringMatching(/^traffic flows again after …; \d+ pings lost$/),
      "link a–b healed",
      "back on the direct path after …",
    ]);
    expect(record.outages(0)[0]?.seconds).toBeLessThan(3);
    const [head, toB] = routeLines(record);
    expect(head).toMatch(/^to +before +during +after$/);
    expect(toB).toMatch(/^b +direct \S+ +via [cde] \S+ +direct \S+$/);
  });
});

/** Items by which endless rules lengthen their lists, so that they reach a limit soon. */
const LONG = Array.from({ length: 1000 }, (_, at) => at).join(", ");

test("a simulation in which endless rules were refused repeats, and its log names them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-endless-"));
  try {
    writeFileSync(
      join(folder, "endless.mzl"),
      `materialize(t, infinity, infinity, keys(1)).
      accept seen(number).
      r: grow(f_concat(L, [${LONG}])) :- grow(L).
      g: grow([]) :- periodic(_, 1, 1), localAddr("10.77.0.1:10000").
      d: t(f_concat(L, [${LONG}])) :- t(L).
      h: t([]) :- begin(_).
      b: begin(E) :- periodic(E, 3, 1), localAddr("10.77.0.1:10000").
      s: seen@"10.77.0.2:10000"(E) :- periodic(E, 1).`,
    );
    const text =
      'title = "endless"\nduration = "5s"\nprograms = ["endless.mzl"]\nhosts = 2\nlinks = [{ between = "all", delay = "10ms" }]\n';
    const topology = topologyOf(text, join(folder, "lab.toml"));
    const runs = [await run(topology), await run(topology)];
    const refusals = runs.map(({ observations }) =>
      observations.flatMap((one) => (one.kind === "log" && one.text.includes("rolled back") ? [one.text] : [])),
    );
    expect(refusals[0]).toEqual([
      expect.stringMatching(
        /^a step exceeded its limit of memory of rules that trigger each other in rule r and was rolled back/,
      ),
      expect.stringMatching(
        /^a step exceeded its limit of \d+ rows of a recursion that computes values in rule d and was rolled back/,
      ),
    ]);
    expect(refusals[1]).toEqual(refusals[0]);
    const hashes = runs.map(({ outcome }) => (outcome.ok ? outcome.traceHash : outcome.message));
    expect(hashes[1]).toBe(hashes[0]);
    expect(runs[0]?.outcome).toMatchObject({ network: { delivered: 4 } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
