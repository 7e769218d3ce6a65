import { expect, test } from "vitest";
import { textOf } from "../../lab/explorer/digest.ts";
import type { System } from "../../lab/explorer/system.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { prepareExploration } from "../../src/cli/explore/prepare-exploration.ts";
import { mosaicInProcess } from "../cli/in-process.ts";
import { explore, fileIn, written } from "./run-explore.ts";

const [A, B] = ['"10.7.0.1:9000"', '"10.7.0.2:9000"'];

written(
  "asking.mzl",
  `materialize(peer, infinity, infinity, keys(1)).
   materialize(count, infinity, 1, keys()).
   materialize(got, 30, infinity, keys(1)).
   materialize(seenBy, infinity, infinity, keys(1)).
   count(0).
   def ask@To(To, &V) timeout(2) { a1: this.return(V) :- this.init(_), count(V). }
   c1: count(N + 1) :- periodic(_, 1), count(N), N < 5.
   p1: got(V) :- periodic(_, 3), peer(P), ask(P, &V).
   s1: seenBy@P(Me) :- peer(P), localAddr(Me).
   d1: drawn(f_rand(9)) :- periodic(_, 2, 0, 0, 0.5).
   materialize(drawn, infinity, 1, keys()).`,
);
const OTHER = written("other.mzl", "materialize(peer, infinity, infinity, keys(1)).\nt1: hi() :- periodic(_, 1).\n");

/** Sends a tuple of 2,000 bytes every 3 s. */
const LONG = `materialize(peer, infinity, infinity, keys(1)).
  materialize(text, infinity, infinity, keys(1)).
  materialize(got, infinity, infinity, keys(1)).
  l1: long@P(${Array.from({ length: 200 }, () => "T").join(" + ")}) :- periodic(_, 3), peer(P), text(T).
  l2: got(T) :- long(T).`;

/** Writes a topology of two hosts, with an addition to the file. */
function scenario(addition = "", second = "asking.mzl"): string {
  return written(
    "scenario.toml",
    `title = "two nodes"
     seed = 3
     duration = "30s"
     peers = []
     tun = false
     [hosts.a]
     address = ${A}
     programs = ["asking.mzl"]
     facts = ['peer(${B})']
     [hosts.b]
     address = ${B}
     programs = ["${second}"]
     facts = ['peer(${A})']
     ${addition}`,
  );
}

function search(
  after: string,
  invariants: string,
  file: string,
  ...args: readonly string[]
): ReturnType<typeof explore> {
  return explore("--from", file, "--after", after, "--invariant", written("from.inv.mzl", invariants), ...args);
}

test("the search begins where the simulation stands", async () => {
  const invariants = `
    c: reachable("counted") :- count@${A}(5), count@${B}(5).
    g: reachable("answered") :- got@_(5).
    s: reachable("replicated") :- seenBy@${A}(${B}), seenBy@${B}(${A}).
    z: violation("counted too little", [X, N]) :- count@X(N), N < 4.`;
  const { code, stdout } = await search("8.5s", invariants, scenario(), "--ticks", "3");
  expect(stdout).toContain("all states visited\nreached: counted, answered, replicated");
  expect(code).toBe(0);
  const early = await search("2.5s", invariants, scenario(), "--ticks", "3");
  expect(early.stdout).toContain('counted too little ["10.7.0.1:9000", 2], after 0 steps:');
});

test("datagrams that are under way at the moment arrive in any order, and calls go on", async () => {
  const links = '[[links]]\nbetween = "all"\ndelay = "200ms"';
  const invariants = `
    f: reachable("both ask") :- flying.ask.init(${A}, _, _), flying.ask.init(${B}, _, _).
    a: reachable("answered") :- got@${A}(3), !got@${B}(3).
    b: reachable("the other first") :- got@${B}(3), !got@${A}(3).`;
  const { code, stdout } = await search("3.1s", invariants, scenario(links), "--ticks", "0");
  expect(stdout).toContain("reached: both ask, answered, the other first");
  expect(code).toBe(0);
});

test("a node that was killed before the moment is down, and may restart", async () => {
  const events = '[[events]]\nat = "2s"\nkill = "b"';
  const invariants = `
    d: reachable("down") :- up(${A}), !up(${B}).
    u: reachable("up again") :- up(${B}), count@${B}(0), peer@${B}(${A}).`;
  expect((await search("5s", invariants, scenario(events), "--ticks", "0")).code).toBe(1);
  const { code } = await search("5s", invariants, scenario(events), "--ticks", "0", "--restarts", "1");
  expect(code).toBe(0);
});

test("a counterexample is replayed from the simulation, and two jobs find it", async () => {
  const out = fileIn("from.json");
  const invariants = `v: violation("five", [X]) :- got@X(5).`;
  const found = await search("5.5s", invariants, scenario(), "--out", out, "--ticks", "4", "--jobs", "2");
  expect(found.stdout).toContain('five ["10.7.0.');
  const again = await mosaicInProcess("sim", "--replay", out);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('five ["10.7.0.');
});

test("an undone action leaves a node of a simulation as it was", async () => {
  const options = {
    files: [],
    from: scenario(),
    facts: [],
    factDirectories: [],
    defines: new Map<string, string>(),
    dialect: undefined,
    plugins: [],
    standardInput: undefined,
    invariant: written("up.inv.mzl", 'r: reachable("up") :- up(_).\n'),
    nodes: 2,
    budgets: { crashes: 2, restarts: 2, joins: 0, ticks: Infinity, loss: 2, duplicates: 2 },
    isFifo: false,
    isPerfect: false,
    isExact: true,
    seed: 1,
    settle: 0,
    after: 4.2,
  };
  const output = { hasColour: false, result: () => {}, data: () => {}, problem: () => {} };
  const { system } = await prepareExploration(options, output).make(true, options.after);
  const before = stateOf(system);
  const random = streamOf(1, "walk");
  for (let step = 0; step < 60; step++) {
    const choices = system.choices();
    const choice = choices[random.integer(choices.length)];
    if (choice === undefined) break;
    const present = stateOf(system);
    system.take(choice);
    const next = stateOf(system);
    system.undo();
    expect(stateOf(system), `after undoing ${choice.kind} at step ${step}`).toEqual(present);
    system.take(choice);
    expect(stateOf(system), `after repeating ${choice.kind} at step ${step}`).toEqual(next);
  }
  system.undoTo(0);
  expect(stateOf(system)).toEqual(before);
});

function stateOf(system: System): unknown {
  const nodes = [0, 1].map((node) => [
    system.isUp(node),
    system.explored(node)?.dump(),
    system.explored(node)?.clock.now(),
    system.explored(node)?.nextDue,
  ]);
  return [textOf(system.digest), nodes, system.choices().map(({ key }) => key)];
}

test.each([
  ["other programs", "", "other.mzl", [], 1, /a and b run different programs; an exploration needs one program/],
  [
    "a host in two networks",
    '[networks.lan]\nrange = "10.9.0.0/16"\nnat = "10.7.0.9"',
    "asking.mzl",
    [],
    1,
    /lan has a gateway/,
  ],
  ["program files", "", "asking.mzl", [OTHER], 2, /--from: the topology file names the programs/],
  ["--nodes", "", "asking.mzl", ["--nodes", "2"], 2, /'--from <scenario>' cannot be used with option '--nodes/],
  ["--after 0", "", "asking.mzl", ["--after", "0"], 2, /--from: give the time of the simulation with --after/],
])("a scenario with %s is refused", async (_, addition, second, args, code, message) => {
  const invariant = written("any.inv.mzl", 'r: reachable("up") :- up(_).\n');
  const after = args.includes("--after") ? [] : ["--after", "1s"];
  const file = scenario(addition, second);
  const ended = await explore(...args, "--from", file, ...after, "--invariant", invariant);
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(code);
});

test.each(["10s", "12.005s"])(
  "tuples that travel as fragments are refused, sent later or under way (%s)",
  async (after) => {
    written("long.mzl", LONG);
    const file = written(
      "fragments.toml",
      `title = "fragments"
     duration = "30s"
     peers = []
     tun = false
     [hosts.a]
     address = ${A}
     programs = ["long.mzl"]
     facts = ['peer(${B})', 'text("0123456789")']
     [hosts.b]
     address = ${B}
     programs = ["long.mzl"]
     facts = ['peer(${A})', 'text("0123456789")']`,
    );
    const { code, stderr } = await search(after, `v: violation("none", []) :- text@_("none").`, file, "--ticks", "3");
    expect(stderr).toMatch(/^mosaic: a tuple is too long for a datagram and travels as fragments, .*leave out --from/);
    expect(code).toBe(1);
  },
);
