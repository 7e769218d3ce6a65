import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { RandomSearch } from "../../lab/explorer/random-search.ts";
import type { Invariants } from "../../lab/explorer/invariants.ts";
import { FairEnd } from "../../lab/explorer/settle.ts";
import { replaceStandardInput } from "../../src/cli/files/file-library.ts";
import { SearchProgress } from "../../src/cli/explore/search-progress.ts";
import { mosaicInProcess } from "../cli/in-process.ts";
import { FOLDER, systemOf } from "./explored-system.ts";
import { explore, fileIn, written } from "./run-explore.ts";

const [N1, N2] = ['"10.0.0.1:10000"', '"10.0.0.2:10000"'];

test.each([
  [["--restarts", "1"], /^mosaic: --restarts: no node crashes without --crashes/],
  [["--steps", "10"], /^mosaic: --steps: it limits random schedules; the search is exhaustive without --random/],
  [["--random", "5", "--exact-times"], /cannot be used with option '--random/],
  [["--nodes", "9", "--exact-times"], /^mosaic: --exact-times: it belongs to --exhaustive/],
])("%j is wrong usage, because it has no effect", async (args, message) => {
  const nodes = args.includes("--nodes") ? [] : ["--nodes", "3"];
  const { code, stderr } = await explore(
    `${FOLDER}commit.mzl`,
    "--invariant",
    `${FOLDER}commit.inv.mzl`,
    ...nodes,
    ...args,
  );
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});

test("several jobs have the plugins and the program on the standard input", async () => {
  const plugin = written(
    "plugin.mjs",
    'export default (r) => r.registerFunction("f_exploredOne", { args: [], result: "number", pure: true }, () => 1);',
  );
  replaceStandardInput("materialize(p, infinity, 1, keys(1)).\nt1: p(f_exploredOne()) :- periodic(_, 1, 1).\n");
  const invariant = written("one.inv.mzl", 'r: reachable("one") :- p@_(1).\n');
  const args = ["-", "--invariant", invariant, "--nodes", "2", "--plugin", plugin, "--jobs", "2"];
  const { code, stdout, stderr } = await explore(...args);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^4 states, .*all states visited\nreached: one\n$/s);
  expect(code).toBe(0);
});

test("a counterexample holds the program on the standard input", async () => {
  replaceStandardInput("materialize(p, infinity, 1, keys(1)).\nt1: p(1) :- periodic(_, 1, 1).\n");
  const invariant = written("two.inv.mzl", 'v: violation("one", [A]) :- p@A(1).\n');
  const out = fileIn("stdin.json");
  expect((await explore("-", "--invariant", invariant, "--nodes", "1", "--out", out)).code).toBe(1);
  replaceStandardInput("materialize(q, infinity, 1, keys(1)).\n");
  expect((await mosaicInProcess("sim", "--replay", out)).code).toBe(0);
});

test("a counterexample names its files from its own folder", async () => {
  mkdirSync(fileIn("here/saved"), { recursive: true });
  const program = written("here/p.mzl", "materialize(p, infinity, 1, keys(1)).\nt1: p(1) :- periodic(_, 1, 1).\n");
  const invariant = written("here/p.inv.mzl", 'v: violation("one", [A]) :- p@A(1).\n');
  const out = fileIn("here/saved/found.json");
  expect((await explore(program, "--invariant", invariant, "--nodes", "1", "--out", out)).code).toBe(1);
  expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject({ files: ["../p.mzl"], invariant: "../p.inv.mzl" });
  cpSync(dirname(program), fileIn("there"), { recursive: true });
  rmSync(dirname(program), { recursive: true });
  const { code, stdout } = await mosaicInProcess("sim", "--replay", fileIn("there/saved/found.json"));
  expect(stdout).toContain("timer of t1");
  expect(code).toBe(0);
});

test("a replay loads a plugin of the file only if the command line names it too", async () => {
  const plugin = written("loaded.mjs", "globalThis.replayLoaded = true;\nexport default () => {};\n");
  const program = written("plugged.mzl", "materialize(p, infinity, 1, keys(1)).\nt1: p(1) :- periodic(_, 1, 1).\n");
  const invariant = written("plugged.inv.mzl", 'v: violation("one", [A]) :- p@A(1).\n');
  const out = fileIn("plugged.json");
  await explore(program, "--invariant", invariant, "--nodes", "1", "--out", out);
  writeFileSync(out, JSON.stringify({ ...JSON.parse(readFileSync(out, "utf8")), plugins: ["./loaded.mjs"] }));
  const refused = await mosaicInProcess("sim", "--replay", out);
  expect(refused.stderr).toMatch(
    /--replay: .*plugged.json names the plugin .*loaded.mjs; if you trust it, add --plugin/,
  );
  expect(refused.code).toBe(2);
  expect(globalThis).not.toHaveProperty("replayLoaded");
  expect((await mosaicInProcess("sim", "--replay", out, "--plugin", plugin)).code).toBe(0);
  expect(globalThis).toHaveProperty("replayLoaded");
});

test.each([
  [{ joins: 1e10 }, {}],
  [{ crashes: 0.5 }, {}],
  [{}, { nodes: 1e6 }],
  [{}, { settle: -1 }],
])("a counterexample with the budgets %j and the fields %j is none", async (budgets, fields) => {
  const program = written("bounds.mzl", "materialize(p, infinity, 1, keys(1)).\nt1: p(1) :- periodic(_, 1, 1).\n");
  const invariant = written("bounds.inv.mzl", 'v: violation("one", [A]) :- p@A(1).\n');
  const out = fileIn("bounds.json");
  await explore(program, "--invariant", invariant, "--nodes", "1", "--out", out);
  const document = JSON.parse(readFileSync(out, "utf8")) as { readonly budgets: object };
  writeFileSync(out, JSON.stringify({ ...document, ...fields, budgets: { ...document.budgets, ...budgets } }));
  const { code, stderr } = await mosaicInProcess("sim", "--replay", out);
  expect(stderr).toMatch(/bounds.json is not a counterexample of `mosaic explore`/);
  expect(code).toBe(2);
});

test("--exact-times: states whose timers have the same order and other distances are different", async () => {
  const program = written(
    "times.mzl",
    `materialize(count, infinity, 1, keys()).
     materialize(held, 4.5, 1, keys(1)).
     materialize(seen, infinity, 1, keys(1)).
     materialize(ended, infinity, 1, keys()).
     count(0).
     c1: next(N + 1) :- periodic(_, 1), localAddr(${N1}), count(N), N < 7.
     c2: count(N) :- next(N).
     e: ended(N) :- next(N), seen(1), !held(1), !ended(_).
     s: set@${N1}() :- periodic(_, 1, 1), localAddr(${N2}).
     h1: held(1) :- set().
     h2: seen(1) :- set().`,
  );
  const invariant = written(
    "times.inv.mzl",
    `five: reachable("after five") :- ended@_(5).
     six: reachable("after six") :- ended@_(6).`,
  );
  const args = [program, "--invariant", invariant, "--nodes", "2", "--ticks", "16"];
  expect((await explore(...args)).stderr).toMatch(/no state reached after/);
  expect((await explore(...args, "--exact-times")).code).toBe(0);
});

test("each random schedule draws other random numbers, and a replay draws those of the counterexample", async () => {
  const program = written(
    "draw.mzl",
    "materialize(drawn, infinity, 1, keys()).\nt1: drawn(f_rand(4)) :- periodic(_, 1, 1).\n",
  );
  const all = [0, 1, 2, 3].map((n) => `r${n}: reachable("${n}") :- drawn@_(${n}).`).join("\n");
  const args = [program, "--nodes", "1", "--random", "60", "--steps", "2"];
  expect((await explore(...args, "--invariant", written("all.inv.mzl", all))).code).toBe(0);
  for (const number of [0, 1, 2, 3]) {
    const invariant = written("n.inv.mzl", `v: violation("drawn", [N]) :- drawn@_(N), N == ${number}.\n`);
    const out = fileIn("drawn.json");
    expect((await explore(...args, "--invariant", invariant, "--out", out)).code).toBe(1);
    expect((await mosaicInProcess("sim", "--replay", out)).stdout).toContain(`drawn [${number}]`);
  }
});

test("a trace tells the rules of timers, calls that time out, and the rows that nodes send", async () => {
  const program = written(
    "told.mzl",
    `materialize(next, infinity, 1, keys(1)).
     materialize(seenBy, infinity, infinity, keys(1)).
     materialize(lost, infinity, infinity, keys(1)).
     materialize(got, infinity, infinity, keys(1)).
     next@${N1}(${N2}).
     s1: seenBy@B(Me) :- next(B), localAddr(Me).
     def ask@To(To, &V) timeout(0.2) { a1: this.return(7) :- this.init(_). }
     p1: got(V) :- periodic(_, 0.1, 1), localAddr(${N1}), ask(${N2}, &V).
     p2: lost(Why) :- ask!fail(_, Why).`,
  );
  const invariant = written("told.inv.mzl", `v: violation("both", [W]) :- lost@_(W), seenBy@${N2}(_).\n`);
  const { stdout } = await explore(program, "--invariant", invariant, "--nodes", "2", "--ticks", "3");
  expect(stdout).toContain("10.0.0.1:10000 at 0.1 s: timer of p1  [p1]");
  expect(stdout).toContain("10.0.0.1:10000 at 0.3 s: a call of p1 times out");
  expect(stdout).toContain('rows of s1: + ("10.0.0.1:10000") from 10.0.0.1:10000');
  expect(stdout).not.toMatch(/\?/);
});

test("the hint for an unknown table names tables of the program only", async () => {
  const invariant = written("hint.inv.mzl", 'v: violation("x", [A]) :- localAdd@A(_).\n');
  const { stderr } = await explore(`${FOLDER}commit.mzl`, "--invariant", invariant, "--nodes", "3");
  expect(stderr).toMatch(/the program has no table `localAdd`; the known names are coordinator/);
  expect(stderr).not.toMatch(/localAddr/);
});

test("a random search runs all schedules, however many states it meets", () => {
  const system = systemOf("ring.mzl", {});
  const invariants = { violations: [], reached: [], hasGoal: false } as unknown as Invariants;
  const { result, schedules } = new RandomSearch({
    system,
    invariants,
    fairEnd: new FairEnd(system, invariants, 0),
    seed: 1,
    schedules: 3,
    first: 0,
    stride: 1,
    firstFound: undefined,
    states: { size: 5_000_000, add: () => expect.fail("the set of states grows"), has: () => false },
    steps: 4,
    limitStates: Infinity,
    onProgress: () => {},
    reached: new Set(),
  }).run();
  expect([result, schedules]).toEqual(["complete", 3]);
});

test.each([
  [true, "\r\u001b[2K3 schedules, 12 states, depth 5, 0 s\r\u001b[2K"],
  [false, ""],
])("progress is shown on a terminal only (%s)", (isTTY, expected) => {
  let text = "";
  const write = (piece: string): boolean => {
    text += piece;
    return true;
  };
  const progress = new SearchProgress({ isTTY, write }, 0);
  progress.show({ states: 12, deepest: 5, schedules: 3 });
  progress.finish();
  expect(text).toBe(expected);
});

test("a call has the smallest id that nothing holds, so states meet again", () => {
  const program = `materialize(got, infinity, 1, keys()).
    def ask@To(To, &V) { a1: this.return(7) :- this.init(_). }
    p1: got(V) :- periodic(_, 1), localAddr(${N1}), ask(${N2}, &V).`;
  const system = systemOf(written("ids.mzl", program), {});
  const calls = [1, 2].map(() => {
    const take = (kind: string): void => {
      const choice = system.choices().find((one) => one.kind === kind && one.node < 2);
      if (choice !== undefined) system.take(choice);
    };
    take("tick");
    const ids = [...system.flying.callIds.keys()];
    take("deliver");
    take("deliver");
    return ids;
  });
  expect(calls[0]).toHaveLength(1);
  expect(calls[1]).toEqual(calls[0]);
});

test.each([
  ["f_now", "f_now()"],
  ["f_rand", "f_rand(4)"],
])("a program that stores %s draws a warning that states may not repeat", async (name, call) => {
  const program = written("stored.mzl", `materialize(p, infinity, 1, keys()).\nt1: p(${call}) :- periodic(_, 1, 1).\n`);
  const invariant = written("stored.inv.mzl", 'r: reachable("stored") :- p@_(_).\n');
  const { code, stderr } = await explore(program, "--invariant", invariant, "--nodes", "1");
  expect(stderr).toMatch(
    new RegExp(`^mosaic: rule t1 .* uses ${name}\\(\\): states .* do not repeat, and the search may not end`),
  );
  expect(code).toBe(0);
});
