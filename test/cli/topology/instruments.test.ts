/** Simulator as an instrument: files of each host, failures in rules, traces, counters, traffic and its checks. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, mosaic } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-instruments-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function save(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Reads the lines of a JSON file in `folder`. */
function linesOf(...path: readonly string[]): readonly Record<string, unknown>[] {
  const text = readFileSync(join(folder, ...path), "utf8").trimEnd();
  return text.split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A rule without value and a rule that sends to an address that no host has, once a second. Host b runs twice. */
const FAILING = `materialize(seen, infinity, infinity, keys(1)).
fail: lost(N, M) :- tick(N), M := 1 / (N - N).
send: ghost@"10.99.0.1:10000"(N) :- tick(N).
keep: seen(N) :- tick(N).
tick(N) :- periodic(N, 1s).
`;
const RESTARTED = `title = "failing"
hosts = 2
programs = ["failing.mzl"]
duration = "5500ms"
tun = false
peers = []
watch = ["seen"]
events = [{ at = "2500ms", kill = "b" }, { at = "3500ms", start = "b" }]
`;

describe("a simulation of rules that fail", () => {
  let run: Ended;
  beforeAll(async () => {
    save("failing.mzl", FAILING);
    const file = save("failing.toml", RESTARTED);
    run = await mosaic("sim", file, "--out", join(folder, "out"), "--trace", "seen", "--top");
  });

  test("reports the failures of each host and each start", () => {
    expect(run.stdout).toContain(`
Problems
  a: rule fail (${join(folder, "failing.mzl")}:2): 5 derivations failed: an expression had no value
  a: 5 datagrams could not be sent: unknown destination (no host of the topology has the address)
  a: nothing can be sent to 10.99.0.1:10000: unknown destination (no host of the topology has the address)
`);
    expect(run.stdout).toMatch(/^ {2}b: rule fail .* 2 derivations failed/m);
    expect(run.stdout).toMatch(/^ {2}b \(start 2\): rule fail .* 2 derivations failed/m);
  });

  test("logs them in the files of the hosts, when they begin and as a sum", () => {
    const log = readFileSync(join(folder, "out", "b.log"), "utf8");
    expect(log).toMatch(/^0\.000 running \S+failing\.mzl as 10\.77\.0\.2:10000$/m);
    expect(log).toMatch(/^1\.000 warning: datagrams not sent, unknown destination: 1$/m);
    expect(log).toMatch(/^1\.000 warning: rule fail \(.*:2\): `1 \/ \(N - N\)` has no value for N = \d+$/m);
    expect(log).toMatch(/^2\.500 killed$/m);
    expect(log).toMatch(/^3\.500 running/m);
    expect(log).toMatch(/^5\.500 rule fail \(.*:2\): 2 derivations failed/m);
  });

  test("has them in results.json, with the lives of all hosts", () => {
    const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8")) as {
      readonly problems: readonly { readonly host: string; readonly start: number; readonly subject: object }[];
      readonly lives: readonly object[];
    };
    expect(results.problems.filter(({ host }) => host === "a").map(({ subject }) => subject)).toEqual([
      { kind: "rule", name: "fail" },
      { kind: "node", name: "10.77.0.1:10000" },
      { kind: "peer", name: "10.99.0.1:10000" },
    ]);
    expect(results.lives).toEqual([
      { host: "b", start: 1, startedAt: 0, endedAt: 2.5, isKilled: true },
      { host: "a", start: 1, startedAt: 0, endedAt: 5.5, isKilled: false },
      { host: "b", start: 2, startedAt: 3.5, endedAt: 5.5, isKilled: false },
    ]);
  });

  test("has the files of a lab: logs, watched tuples, captures, metrics, tables, and the trace", () => {
    const files = ["log", "metrics.jsonl", "pcapng", "tables.jsonl", "trace.jsonl", "watch.jsonl"];
    const expected = ["a", "b"].flatMap((host) => files.map((file) => `${host}.${file}`));
    expect(readdirSync(join(folder, "out")).sort()).toEqual(
      [...expected, "flows.csv", "pings.csv", "results.json"].sort(),
    );
    expect(linesOf("out", "b.tables.jsonl").filter(({ start }) => start === 2)).toMatchObject([
      { at: 5.5, tuple: ["localAddr", "10.77.0.2:10000"] },
      { at: 5.5, tuple: ["seen", expect.anything()] },
      { at: 5.5, tuple: ["seen", expect.anything()] },
    ]);
    expect(linesOf("out", "b.metrics.jsonl")).toMatchObject([
      { at: 2.5, start: 1, uptime: 2.5, rules: [{ rule: "fail", failed: 2 }, {}, {}, {}] },
      { at: 5.5, start: 2, uptime: 2, rules: [{ rule: "fail", failed: 2 }, {}, {}, {}] },
    ]);
  });

  test.for(["watch", "trace"])(
    "counts the time in the %s of both starts of a host from the begin of the run",
    (kind) => {
      // A trace also has the derivations that fail.
      const lines = linesOf("out", `b.${kind}.jsonl`).filter((line) => line["kind"] !== "failed");
      expect(lines).toMatchObject([
        { at: 1, start: 1, t: 1 },
        { at: 2, start: 1, t: 2 },
        { at: 4.5, start: 2, t: 1 },
        { at: 5.5, start: 2, t: 2 },
      ]);
    },
  );

  test("prints watched tuples with the time of the run, and with --top the screens of mosaic top", () => {
    expect(run.stdout).toMatch(/^b: 4\.500 \+ +seen/m);
    expect(run.stdout).toMatch(/^b \(start 2\)\n {2}10\.77\.0\.2:10000 {3}up 2\.0 s/m);
    expect(run.stdout.match(/^ {2}RULES$/gm)).toHaveLength(3);
  });

  test("prints traces if there is no --out, and refuses an unknown predicate", async () => {
    const file = join(folder, "failing.toml");
    const traced = await mosaic("sim", file, "--trace", "ghost");
    expect(traced.stdout).toMatch(/^a: 1\.000 rule send → RoundRobin {2}ghost\(\d+\)/m);
    const unknown = await mosaic("sim", file, "--trace", "goast");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("no program has a predicate `goast`")]);
  });
});

const TRAFFIC = `title = "traffic"
hosts = 2
programs = ["tunnel.mzl"]
duration = "12s"
[[links]]
between = "all"
delay = "10ms"
rate = "10Mbit"
queue = "1s"
[[links]]
from = "a"
to = "b"
loss = "2%"
[[traffic]]
from = "a"
to = "b"
[[traffic]]
kind = "udp"
name = "video"
from = "a"
to = "b"
rate = "1Mbit"
[[traffic]]
kind = "tcp"
name = "file"
from = "b"
to = "a"
bytes = "2MB"
at = "1s"
`;
const CHECKS = `[[checks]]
throughput = "900kbit"
traffic = "video"
[[checks]]
throughput = "2Mbit"
[[checks]]
completes = "3s"
[[checks]]
completes = "1s"
[[checks]]
lost = "1%"
[[checks]]
completes = "3s"
at = "2s"
`;

describe("streams and transfers in a simulation", () => {
  let run: Ended;
  beforeAll(async () => {
    run = await mosaic("sim", save("traffic.toml", TRAFFIC + CHECKS), "--check", "--out", join(folder, "traffic"));
  });

  test("are reported with throughput, losses, delays and completion", () => {
    expect(run.stdout).toMatch(/^a to b: 120 pings, \d lost; round trip \d+ ms median/m);
    expect(run.stdout).toMatch(
      /^video: 1\.3\d+ MB received, 9\d\d\.?\d* kbit\/s; \d+ of 1375 datagrams lost; delay 11 ms median, 1\d ms 99th/m,
    );
    expect(run.stdout).toMatch(
      /^file: 2 MB received, [89]\.\d+ Mbit\/s; complete after 1\d\d\d ms; 0 of \d+ segments/m,
    );
  });

  test("meet checks or not, and a failed check names its traffic", () => {
    expect(run.code).toBe(1);
    const lines = run.stdout.split("\n").filter((line) => /holds|FAILS/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(/holds {2}throughput of at least 900 kbit\/s: 9\d\d/),
      expect.stringMatching(/FAILS {2}throughput of at least 2 Mbit\/s: 9\d\d\.?\d* kbit\/s \(video\)$/),
      expect.stringMatching(/holds {2}complete within 3000 ms: 1\d\d\d ms$/),
      expect.stringMatching(/FAILS {2}complete within 1000 ms: 1\d\d\d ms \(file\)$/),
      expect.stringMatching(/FAILS {2}at most 1 % lost: \d+ of 1495 \((?:a to b, )?video\)$/),
      expect.stringMatching(/FAILS {2}complete within 3000 ms: not complete \(file\)$/),
    ]);
  });

  test("have their seconds, and every ping, in results.json and in CSV files", () => {
    const results = JSON.parse(readFileSync(join(folder, "traffic", "results.json"), "utf8")) as {
      readonly traffic: readonly Record<string, unknown>[];
      readonly pings: readonly { readonly pings: readonly object[] }[];
      readonly flows: readonly { readonly traffic: string; readonly seconds: readonly Record<string, number>[] }[];
      readonly checks: readonly { readonly failed: readonly string[] }[];
    };
    expect(results.traffic).toMatchObject([
      { kind: "ping", name: "a to b", roundTrip: { p50: expect.closeTo(0.02, 2), p99: expect.any(Number) } },
      { kind: "udp", name: "video", sent: 1375, sentBytes: 1_375_000, completion: null },
      { kind: "tcp", name: "file", receivedBytes: 2_000_000, startedAt: 1, completion: expect.closeTo(1.7, 0) },
    ]);
    expect(results.pings[0]?.pings).toHaveLength(120);
    const [video, file] = results.flows;
    expect(video?.seconds.map(({ t }) => t)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const sum = (key: string): number => (video?.seconds ?? []).reduce((total, one) => total + (one[key] ?? 0), 0);
    expect([sum("sent"), sum("lost")]).toEqual([1375, results.traffic[1]?.["lost"]]);
    expect(file?.seconds[0]).toMatchObject({ t: 1, retransmitted: 0 });
    expect(results.checks.map(({ failed }) => failed)[3]).toEqual(["file"]);
    const pings = readFileSync(join(folder, "traffic", "pings.csv"), "utf8").split("\n");
    expect([pings[0], pings.length]).toEqual(["traffic,sequence,t,round_trip", 122]);
    const flows = readFileSync(join(folder, "traffic", "flows.csv"), "utf8").split("\n");
    expect(flows[0]).toBe("traffic,t,throughput,sent,received,lost,retransmitted,delay");
    expect(flows.filter((line) => line.startsWith("video,"))).toHaveLength(12);
  });
});

test("routes over time are in results.json and in routes.csv", async () => {
  const text = `hosts = 3
programs = ["ron.mzl"]
duration = "10s"
routes = { table = "ron.RT", to = 1, next = 2, cost = 3 }
events = [{ at = "5s", kill = "c" }]
`;
  const out = join(folder, "routes");
  expect((await mosaic("sim", save("routes.toml", text), "--out", out)).code).toBe(0);
  const { routes } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as {
    readonly routes: readonly { readonly t: number; readonly host: string; readonly next: string | null }[];
  };
  expect(routes.some(({ t, host, next }) => t < 5 && host === "a" && next === "b")).toBe(true);
  expect(routes.filter(({ host, next }) => host === "c" && next === null).map(({ t }) => t)).toEqual(
    expect.arrayContaining([5]),
  );
  expect(readFileSync(join(out, "routes.csv"), "utf8")).toMatch(/^t,host,to,next,cost\n[\d.]+,[abc],[abc],[abc],/);
});
