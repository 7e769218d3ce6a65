import { expect, test } from "vitest";
import { mosaicInProcess } from "../cli/in-process.ts";
import { FOLDER } from "./explored-system.ts";
import { explore, fileIn, written } from "./run-explore.ts";

const COMMIT = [`${FOLDER}commit.mzl`, "--invariant", `${FOLDER}commit.inv.mzl`, "--nodes", "3"];
const RING = [`${FOLDER}ring.mzl`, "--invariant", `${FOLDER}ring.inv.mzl`, "--nodes", "3", "--ticks", "6"];
const CALLS = [`${FOLDER}calls.mzl`, "--nodes", "3", "--ticks", "4"];

test("two-phase commit: all states agree", async () => {
  const { code, stdout } = await explore(...COMMIT);
  expect(stdout).toMatch(
    /^131 states, \d+ actions, depth 9, .* s: all states visited\nreached: commit, a vote under way\n$/,
  );
  expect(code).toBe(0);
});

test("two-phase commit: a hasty coordinator is found, with a short way that names the rules", async () => {
  const out = fileIn("commit.json");
  const { code, stdout, stderr } = await explore(...COMMIT, "-D", "HASTY=1", "--out", out);
  expect(stdout.split("\n\n")[1]).toMatchInlineSnapshot(`
    "two outcomes ["10.0.0.3:10000", "abort", "10.0.0.1:10000", "commit"], after 6 steps:
      1  10.0.0.1:10000 at 1 s: timer of p1  [p1]
           sends prepare("10.0.0.1:10000") to 10.0.0.2:10000
           sends prepare("10.0.0.1:10000") to 10.0.0.3:10000
      2  10.0.0.2:10000 at 0 s: receives prepare("10.0.0.1:10000") from 10.0.0.1:10000  [v1 v3 v4]
           + voted(true)
           sends vote("10.0.0.2:10000", true) to 10.0.0.1:10000
      3  10.0.0.1:10000 at 1 s: receives vote("10.0.0.2:10000", true) from 10.0.0.2:10000  [c1 c3 c5 c6 c2]
           + yes("10.0.0.2:10000")
           + outcome("commit")
           - waiting("10.0.0.2:10000")
           sends decision("commit") to 10.0.0.2:10000
           sends decision("commit") to 10.0.0.3:10000
      4  10.0.0.3:10000 at 1 s: timer of p1
      5  10.0.0.3:10000 at 5 s: timer of u1  [u1]
           + unwilling("late")
      6  10.0.0.3:10000 at 5 s: receives prepare("10.0.0.1:10000") from 10.0.0.1:10000  [v2 v3 v4 v5]
           + voted(false)
           + outcome("abort")
           sends vote("10.0.0.3:10000", false) to 10.0.0.1:10000"
  `);
  expect(stderr).toBe('mosaic: two outcomes ["10.0.0.3:10000", "abort", "10.0.0.1:10000", "commit"]\n');
  expect(code).toBe(1);
  const again = await mosaicInProcess("sim", "--replay", out);
  expect(again.code).toBe(0);
  expect(again.stdout).toContain(stdout.split("\n\n")[1]?.split("\n").slice(1).join("\n"));
  expect(again.stdout).toContain('two outcomes ["10.0.0.3:10000", "abort", "10.0.0.1:10000", "commit"]');
});

test.each([
  ["infinity", "fifo"],
  ["60", "fifo"],
  ["infinity", "max(2)"],
  ["60", "min(2)"],
])("the order of rows of which one is evicted belongs to a state (lifetime %s, evict %s)", async (kept, policy) => {
  const files = [`${FOLDER}evicted.mzl`, "--invariant", `${FOLDER}evicted.inv.mzl`, "-D", `KEPT=${kept}`];
  const { code, stdout } = await explore(...files, "-D", `POLICY=${policy}`, "--nodes", "3", "--ticks", "3");
  expect(stdout).toContain("the second was replaced");
  expect(code).toBe(1);
});

test("token ring: there is one token", async () => {
  const { code, stdout } = await explore(...RING);
  expect(stdout).toContain("33 states");
  expect(code).toBe(0);
});

test("token ring: a second token is found after two steps", async () => {
  const { code, stdout } = await explore(...RING, "-D", "HASTY=1");
  expect(stdout).toContain('a token and one under way ["10.0.0.1:10000"], after 2 steps:');
  expect(code).toBe(1);
});

test("token ring: a lost token misses the goal", async () => {
  const { code, stderr } = await explore(...RING, "--loss", "1");
  expect(stderr).toBe("mosaic: goal() never holds without further faults\n");
  expect(code).toBe(1);
});

test.each([
  ["HASTY=1", 1],
  ["OTHER=1", 0],
])("random schedules, -D %s: exit code %i", async (define, expected) => {
  const { code, stdout } = await explore(...COMMIT, "-D", define, "--random", "200", "--steps", "60");
  expect(stdout).toMatch(/^\d+ schedules?, /);
  expect(code).toBe(expected);
});

test("a crash and a restart: the memory of a vote is lost", async () => {
  const invariant = written(
    "votes.inv.mzl",
    'v: violation("voted twice", [A]) :- flying.vote(A, _, _, true), flying.vote(A, _, _, false).\n',
  );
  const args = [`${FOLDER}commit.mzl`, "--invariant", invariant, "--nodes", "3", "--duplicates", "1", "--ticks", "3"];
  expect((await explore(...args)).code).toBe(0);
  const found = await explore(...args, "--crashes", "1", "--restarts", "1");
  expect(found.stdout).toContain("10.0.0.3:10000 at 0 s: restarts");
  expect(found.code).toBe(1);
});

test("a node that starts late", async () => {
  const invariant = written(
    "late.inv.mzl",
    'r: reachable("late") :- up("10.0.0.3:10000"), voted@"10.0.0.3:10000"(_).\n',
  );
  const args = [`${FOLDER}commit.mzl`, "--invariant", invariant];
  const { code, stderr } = await explore(...args, "--nodes", "2");
  expect([code, stderr]).toEqual([1, `mosaic: no state reached late, so the search of ${invariant} proves nothing\n`]);
  expect((await explore(...args, "--nodes", "2", "--joins", "1")).code).toBe(0);
});

test("--fifo: messages of a pair do not overtake each other", async () => {
  const program = written(
    "order.mzl",
    `materialize(last, infinity, 1, keys(1)).
     a: n@"10.0.0.2:10000"(1) :- periodic(_, 1, 1), localAddr("10.0.0.1:10000").
     b: n@"10.0.0.2:10000"(2) :- periodic(_, 2, 1), localAddr("10.0.0.1:10000").
     c: last(N) :- n(N), !last(_).`,
  );
  const invariant = written("order.inv.mzl", 'v: violation("overtaken", [N]) :- last@_(N), N == 2.\n');
  const args = [program, "--invariant", invariant, "--nodes", "2", "--ticks", "4"];
  expect((await explore(...args)).code).toBe(1);
  expect((await explore(...args, "--fifo")).code).toBe(0);
});

test("--assume perfect: a call times out only if it can no longer be answered", async () => {
  const invariant = `${FOLDER}calls.inv.mzl`;
  const args = [...CALLS, "--invariant", invariant];
  expect((await explore(...args)).code).toBe(1);
  expect((await explore(...args, "--assume", "perfect")).code).toBe(0);
  expect((await explore(...args, "--assume", "perfect", "--crashes", "1")).code).toBe(1);
});

test("--limit-states: the search gives up with exit code 3 and says how far it came", async () => {
  const { code, stderr } = await explore(...COMMIT, "--limit-states", "40");
  expect(stderr).toMatch(
    /^mosaic: gave up at the limit of states, after 40 states and ways of up to \d actions; --limit-states raises the limit\n$/,
  );
  expect(code).toBe(3);
});

test("--json: the result is one object", async () => {
  const { stdout } = await explore(...COMMIT, "-D", "HASTY=1", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    search: "exhaustive",
    result: "found",
    limit: null,
    schedules: 0,
    reachable: { commit: true, "a vote under way": true },
    violation: { text: expect.stringContaining("two outcomes"), steps: expect.any(Array) },
  });
});

test.each([
  [
    "a table that does not exist",
    'v: violation("x", [A]) :- outcom@A(_).',
    1,
    /:1: the program has no table `outcom`; did you mean `outcome`\?/,
  ],
  [
    "a message that nobody sends",
    'v: violation("x", [A]) :- flying.votes(A, _, _, _).',
    1,
    /:1: the program sends no message `flying.votes`; did you mean `flying.vote`\?/,
  ],
  [
    "a wrong number of columns",
    'v: violation("x", [A]) :- outcome@A(_, _).',
    1,
    /bad\.inv\.mzl:1: `outcome` has 1 column in the program, and 2 here/,
  ],
  [
    "a message without its ends",
    'violation("x", []) :- flying.vote(_, _).',
    1,
    /bad\.inv\.mzl:1: `flying\.vote` has 4 columns with From and To, and 2 here/,
  ],
  ["a violation without details", 'violation("x") :- outcome@_(_).', 1, /`violation` has at least two columns/],
  [
    "a rule for `up`",
    'up(A) :- outcome@A(_). violation("x", [A]) :- up(A).',
    1,
    /rule up:1 defines `up`, which the explorer fills/,
  ],
  [
    "a rule for a message",
    'flying.vote(A, A, A, true) :- outcome@A(_). violation("x", [A]) :- up(A).',
    1,
    /defines `flying\.vote`, which the explorer fills/,
  ],
  ["no rules", "p(1).", 1, /has no rule for violation/],
])("an invariant with %s is refused", async (_, text, code, message) => {
  const ended = await explore(
    `${FOLDER}commit.mzl`,
    "--invariant",
    written("bad.inv.mzl", `${text}\n`),
    "--nodes",
    "3",
  );
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(code);
});

test.each([
  [
    "a socket",
    'l: up(L) :- periodic(_, 0, 1), tcp.listen("localhost:7000", &L).',
    /uses TCP sockets, which an exploration does not have/,
  ],
  ["a UDP socket", 'l: up(L) :- periodic(_, 0, 1), udp.open("localhost:7000", &L).', /uses UDP sockets/],
  ["a TUN device", "l: up(P) :- tun(P).", /rule l .* uses a TUN device, which an exploration does not have/],
])("a program with %s is refused", async (_, text, message) => {
  const program = written("outside.mzl", `materialize(up, infinity, 1, keys(1)).\n${text}\n`);
  const invariant = written("any.inv.mzl", "g: goal() :- up(_).\n");
  const { code, stderr } = await explore(program, "--invariant", invariant, "--nodes", "2");
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});

test.each([
  [["--nodes", "3"], /^mosaic: --invariant: name a file/],
  [["--invariant", `${FOLDER}commit.inv.mzl`], /^mosaic: --nodes: give the number of nodes/],
  [
    ["--invariant", `${FOLDER}commit.inv.mzl`, "--nodes", "60000"],
    /--nodes: 60000 nodes would need about \d+ MB; \d+ MB are available/,
  ],
  [["--invariant", `${FOLDER}missing.mzl`, "--nodes", "3"], /missing.mzl/],
  [
    ["--invariant", `${FOLDER}commit.inv.mzl`, "--nodes", "3", "--assume", "perfect", "--loss", "1"],
    /--assume perfect: it excludes --loss/,
  ],
  [
    ["--invariant", `${FOLDER}commit.inv.mzl`, "--nodes", "3", "--crashes", "x"],
    /--crashes: `x` is not an integer from 0/,
  ],
])("%j is wrong usage", async (args, message) => {
  const { code, stderr } = await explore(`${FOLDER}commit.mzl`, ...args);
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});

test("a file that is no counterexample cannot be replayed", async () => {
  const { code, stderr } = await mosaicInProcess("sim", "--replay", `${FOLDER}commit.mzl`);
  expect(stderr).toMatch(/commit.mzl is not a counterexample of `mosaic explore`/);
  expect(code).toBe(2);
});

test("two jobs visit the same states as one", async () => {
  const args = [...CALLS, "--invariant", `${FOLDER}calls.inv.mzl`, "--assume", "perfect"];
  for (const jobs of ["1", "2"]) {
    const { code, stdout } = await explore(...args, "--jobs", jobs);
    expect(stdout).toMatch(/^393 states, /);
    expect(code).toBe(0);
  }
});

test("several jobs find the violation of the same random schedule as one", async () => {
  const args = [...COMMIT, "-D", "HASTY=1", "--random", "100", "--seed", "7", "--steps", "40"];
  const [one, two] = [await explore(...args), await explore(...args, "--jobs", "2")];
  const told = ({ stdout }: { readonly stdout: string }): string | undefined => stdout.split("\n\n")[1];
  expect(told(two)).toBe(told(one));
  expect([one.code, two.code]).toEqual([1, 1]);
});

test("--after: the search begins after a run in order", async () => {
  const invariant = written("after.inv.mzl", 'r: reachable("committed") :- outcome@"10.0.0.3:10000"("commit").\n');
  const args = [`${FOLDER}commit.mzl`, "--invariant", invariant, "--nodes", "3", "--ticks", "0"];
  expect((await explore(...args)).code).toBe(1);
  const { code, stdout } = await explore(...args, "--after", "1500ms");
  expect(stdout).toMatch(/^1 state, 0 actions, /);
  expect(code).toBe(0);
  expect((await explore(...args, "--after", "soon")).code).toBe(2);
});
