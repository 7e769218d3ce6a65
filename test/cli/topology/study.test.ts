/** Simulations with several seeds and settings: figures, intervals, failed runs and the commands that repeat them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { intervalRank, medianInterval } from "../../../lab/outcome/median-interval.ts";
import { type Ended, mosaic } from "../mosaic.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-study-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOPOLOGY = `title = "study"
hosts = 2
programs = ["tunnel.mzl", "limited.mzl"]
duration = "4s"
watch = ["seen"]
[[links]]
between = "all"
delay = "10ms"
loss = "5%"
[[traffic]]
from = "a"
to = "b"
[[checks]]
lost = "12%"
`;
const PROGRAM = `materialize(seen, infinity, LIMIT, keys(1)).
seen(T) :- periodic(T, 500ms).
`;
const file = join(folder, "study.toml");
writeFileSync(file, TOPOLOGY);
writeFileSync(join(folder, "limited.mzl"), PROGRAM);
const MACRO = ["--set", "LIMIT=5"];

interface StudyObject {
  readonly vary: readonly object[];
  readonly variants: readonly {
    readonly settings: Readonly<Record<string, string>>;
    readonly runs: readonly { readonly seed: number; readonly traceHash: string; readonly failedChecks: number }[];
    readonly figures: readonly {
      readonly traffic: string;
      readonly name: string;
      readonly median: number;
      readonly low: number;
      readonly high: number;
      readonly coverage: number;
      readonly values: readonly number[];
    }[];
  }[];
  readonly failures: readonly {
    readonly seed: number;
    readonly settings: Readonly<Record<string, string>>;
    readonly reasons: readonly string[];
    readonly command: string;
  }[];
}

describe("a study of two values with seven seeds", () => {
  let run: Ended;
  let study: StudyObject;
  const out = join(folder, "out");
  beforeAll(async () => {
    const vary = ["--vary", "links[1].loss=0,5%", "--seeds", "7"];
    run = await mosaic("sim", file, ...MACRO, ...vary, "--json", "--check", "--out", out);
    study = JSON.parse(run.stdout) as StudyObject;
  });

  test("has a run for each seed of each value, and figures with medians and intervals", () => {
    expect(study.vary).toEqual([{ name: "links[1].loss", values: ["0", "5%"] }]);
    expect(study.variants.map(({ runs }) => runs.map(({ seed }) => seed))).toEqual([
      [1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3, 4, 5, 6, 7],
    ]);
    const [perfect, lossy] = study.variants.map(({ figures }) => figures.find(({ name }) => name === "lost"));
    expect(perfect).toMatchObject({ traffic: "a to b", median: 0, low: 0, high: 0 });
    const sorted = lossy?.values.toSorted((one, other) => one - other) ?? [];
    expect(lossy).toMatchObject({ median: sorted[3], low: sorted[0], high: sorted[6], coverage: 1 - 2 / 2 ** 7 });
    expect(new Set(lossy?.values).size).toBeGreaterThan(1);
  });

  test("lists each failed run with a command that repeats it", async () => {
    const failed = study.variants.flatMap(({ settings, runs }) =>
      runs.filter(({ failedChecks }) => failedChecks > 0).map(({ seed }) => ({ settings, seed })),
    );
    expect(failed.length).toBeGreaterThan(0);
    expect(study.failures.map(({ settings, seed }) => ({ settings, seed }))).toEqual(failed);
    const [first] = study.failures;
    expect(first?.reasons[0]).toMatch(/^at most 12 % lost: \d+ of 40 \(a to b\)$/);
    expect(first?.command).toBe(
      `mosaic sim ${file} --seed ${first?.seed} --set LIMIT=5 --set 'links[1].loss=${first?.settings["links[1].loss"]}'`,
    );
    const words = [...(first?.command ?? "").matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word ?? "",
    );
    const again = await mosaic(...words.slice(1), "--json", "--check");
    const hash = study.variants[1]?.runs.find(({ seed }) => seed === first?.seed)?.traceHash;
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([1, { seed: first?.seed, traceHash: hash }]);
  });

  test("fails with --check, since checks failed", () => {
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^mosaic: checks failed in \d+ of 14 runs$/m);
  });

  test("keeps its object and its tables in the folder of --out", () => {
    expect(JSON.parse(readFileSync(join(out, "results.json"), "utf8"))).toEqual(study);
    const runs = readFileSync(join(out, "runs.csv"), "utf8").split("\n");
    expect(runs[0]).toBe("links[1].loss,seed,traffic,figure,unit,value");
    expect(runs.filter((line) => line.startsWith("5%,3,a to b,lost,share,"))).toHaveLength(1);
    const figures = readFileSync(join(out, "figures.csv"), "utf8").split("\n");
    expect(figures[0]).toBe("links[1].loss,traffic,figure,unit,runs,median,low,high,coverage");
    expect(figures[1]).toBe(`0,a to b,lost,share,7,0,0,0,${1 - 2 / 2 ** 7}`);
  });

  test("gives the same object again, whatever thread runs what", async () => {
    const again = await mosaic("sim", file, ...MACRO, "--vary", "links[1].loss=0,5%", "--seeds", "7", "--json");
    expect(JSON.parse(again.stdout)).toEqual(study);
    expect(again.code).toBe(0);
  });
});

test("several names give all combinations, of macros and keys; too few seeds are said to be too few", async () => {
  const { code, stdout } = await mosaic("sim", file, "--vary", "LIMIT=1,3", "--vary", "duration=1s,2s", "--seeds", "2");
  expect(stdout.split("\n").filter((line) => /^\w+=/.test(line))).toEqual([
    "LIMIT=1, duration=1s",
    "LIMIT=1, duration=2s",
    "LIMIT=3, duration=1s",
    "LIMIT=3, duration=2s",
  ]);
  expect(stdout).toContain("study: 8 runs: 4 variants, seeds 1 to 2\n");
  expect(stdout).toContain("2 runs are too few for 95 %, the whole range has 50.0 %");
  expect(code).toBe(0);
});

test("--set gives a macro or a key to a single run", async () => {
  const { stdout } = await mosaic("sim", file, "--set", "LIMIT=2", "--set", "title=short", "--set", "duration=2s");
  expect(stdout).toContain("short: 2 nodes, 2 s, seed 1");
});

describe("a wrong setting is an error that names it:", () => {
  test.for<readonly [string, readonly string[], number, string]>([
    [
      "an index beyond the list",
      ["--vary", "links[9].delay=1ms"],
      1,
      "links[9].delay: links has 1 entry, counted from 1",
    ],
    ["a table that is not there", ["--set", "networks.home.nat=1.2.3.4"], 1, "the file has no networks"],
    ["an unknown key", ["--vary", "links[1].dely=1ms"], 1, ":6:1: links[1].dely: unknown key; allowed: between, from"],
    ["a wrong value", ["--vary", "links[1].delay=fast"], 1, ":8:1: links[1].delay: expected a duration"],
    ["the value", ["--vary", "links[1].delay=1ms,fast"], 1, "the command line sets it to `fast`"],
    ["an unknown macro", ["--vary", "LIMTI=1,2"], 2, "no program of"],
    ["no value", ["--vary", "LIMIT="], 2, "has no values; expected NAME=a,b,c"],
    ["a value twice", ["--vary", "LIMIT=1,1"], 2, "has a value twice"],
    ["a name twice", ["--vary", "LIMIT=1", "--vary", "LIMIT=2"], 2, "`LIMIT` is varied twice"],
    ["no name", ["--set", "5"], 2, "is not NAME=VALUE"],
    ["the seed", ["--vary", "seed=1,2"], 2, "the seed is varied by --seeds"],
    ["no seeds", ["--seeds", "0"], 2, "is not an integer from 1"],
    ["an option of single runs", ["--seeds", "2", "--top"], 2, "cannot be used with option"],
  ])("%s", async ([, options, expected, message]) => {
    const { code, stderr } = await mosaic(
      "sim",
      file,
      ...(options.some((one) => one.startsWith("LIMIT")) ? [] : MACRO),
      ...options,
    );
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });
});

describe("the interval of a median", () => {
  test("has the ranks of tables of the binomial distribution", () => {
    const ranks = [1, 5, 6, 8, 9, 10, 20, 50, 100].map((count) => intervalRank(count).rank);
    expect(ranks).toEqual([1, 1, 1, 1, 2, 2, 6, 18, 40]);
    expect(intervalRank(5).coverage).toBeCloseTo(0.9375, 9);
    expect(intervalRank(20).coverage).toBeCloseTo(0.9586, 4);
  });

  test("handles infinite values and even numbers of values", () => {
    expect(medianInterval([3, Infinity, 1, 2])).toMatchObject({ median: 2.5, low: 1, high: Infinity });
    expect(medianInterval([Infinity, Infinity])).toMatchObject({ median: Infinity, low: Infinity });
    expect(medianInterval([7])).toEqual({ median: 7, low: 7, high: 7, coverage: 0 });
  });
});
