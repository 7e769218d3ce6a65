import { expect, test } from "vitest";
import { explore, written } from "./run-explore.ts";

const [N1, N2, N3] = ['"10.0.0.1:10000"', '"10.0.0.2:10000"', '"10.0.0.3:10000"'];

/** Explores a program with the invariants, both given as text. */
function search(program: string, invariants: string, ...args: readonly string[]): ReturnType<typeof explore> {
  return explore(written("p.mzl", program), "--invariant", written("p.inv.mzl", invariants), ...args);
}

const REPLICATED = `
materialize(next, infinity, 1, keys(1)).
materialize(seenBy, infinity, infinity, keys(1)).
materialize(had, infinity, infinity, keys(1)).
next@${N1}(${N2}).
s1: seenBy@B(Me) :- next(B), localAddr(Me).
h1: had(M) :- periodic(_, 1, 1), seenBy(M).
`;

test("a timer that only sends derived rows again is one action", async () => {
  const invariants = `r: reachable("seen") :- seenBy@${N2}(_).`;
  const { code, stdout, stderr } = await search(REPLICATED, invariants, "--nodes", "2", "--ticks", "3");
  expect(stderr).toBe("");
  expect(stdout).toContain("all states visited\nreached: seen");
  expect(code).toBe(0);
});

test("--assume perfect: rows that a node sends again carry no call over its time limit", async () => {
  const program = `${REPLICATED}
    materialize(lost, infinity, infinity, keys(1)).
    materialize(got, infinity, infinity, keys(1)).
    def ask@To(To, &V) timeout(2) { a1: this.return(7) :- this.init(_). }
    p1: got(V) :- periodic(_, 1, 1), localAddr(${N1}), ask(${N2}, &V).
    p2: lost(Why) :- ask!fail(_, Why).`;
  const invariants = `l: violation("timeout", [A]) :- lost@A("timeout").`;
  const { code, stdout } = await search(program, invariants, "--nodes", "2", "--ticks", "4", "--assume", "perfect");
  expect(stdout).toContain("all states visited");
  expect(code).toBe(0);
});

test.each([
  [[], 1],
  [["--assume", "perfect"], 0],
  [["--assume", "perfect", "--crashes", "1"], 1],
])("a node that still runs does not fall silent under --assume perfect (%j)", async (assumed, expected) => {
  const invariants = `g: violation("rows of a peer are gone", [A]) :- had@A(M), !seenBy@A(M).`;
  const { code } = await search(REPLICATED, invariants, "--nodes", "2", "--ticks", "5", ...assumed);
  expect(code).toBe(expected);
});

const CALL = `
materialize(lost, infinity, infinity, keys(1)).
materialize(got, infinity, infinity, keys(1)).
def ask@To(To, &V) timeout(4) { a1: this.return(7) :- this.init(_). }
def wrapped@Via(Via, To, &V) timeout(3) { r1: this.return(V) :- this.init(_, To), ask(To, &V). }
`;

test("--assume perfect: a call to a crashed node times out before the node restarts", async () => {
  const program = `${CALL}
    p1: got(V) :- periodic(_, 1, 1), localAddr(${N1}), ask(${N2}, &V).
    p2: lost(Why) :- ask!fail(_, Why).`;
  const invariants = `
    r: reachable("timeout while it is down") :- lost@_("timeout"), !up(${N2}), up(${N1}).
    d: reachable("it is down") :- up(${N1}), !up(${N2}).`;
  const faults = ["--crashes", "1", "--restarts", "1", "--assume", "perfect"];
  const { code, stdout } = await search(program, invariants, "--nodes", "2", "--ticks", "3", ...faults);
  expect(stdout).toContain("reached: timeout while it is down");
  expect(code).toBe(0);
});

test("--assume perfect: a call within a call of one node times out when the other node has crashed", async () => {
  const program = `${CALL}
    p1: got(V) :- periodic(_, 1, 1), localAddr(${N1}), wrapped(${N1}, ${N2}, &V).
    p2: lost(Why) :- wrapped!fail(_, _, Why).`;
  const invariants = `r: reachable("failure") :- lost@_(_).`;
  const args = ["--nodes", "2", "--ticks", "4", "--assume", "perfect", "--no-tail-calls", "--no-inline-views"];
  const { code, stdout } = await search(program, invariants, ...args, "--crashes", "1");
  expect(stdout).toContain("reached: failure");
  expect(code).toBe(0);
  expect((await search(program, invariants, ...args)).code).toBe(1);
});

test("a message for a node that is down is lost, even if the node restarts", async () => {
  const program = `
    materialize(sent, infinity, 1, keys(1)).
    materialize(acked, infinity, 1, keys(1)).
    t1: hello@${N2}() :- periodic(_, 1, 1), localAddr(${N1}).
    t2: sent(1) :- periodic(_, 1, 1), localAddr(${N1}).
    h1: ack@${N1}() :- hello().
    h2: acked(1) :- ack().`;
  const invariants = `
    materialize(flown, infinity, infinity, keys(1)).
    f1: flown(1) :- flying.hello(_, _).
    f2: flown(1) :- flying.ack(_, _).
    r: reachable("lost") :- sent@A(_), up(${N2}), !acked@A(1), !flown(1).`;
  const args = ["--nodes", "2", "--ticks", "2"];
  expect((await search(program, invariants, ...args)).code).toBe(1);
  const { code, stdout } = await search(program, invariants, ...args, "--crashes", "1", "--restarts", "1");
  expect(stdout).toContain("reached: lost");
  expect(code).toBe(0);
});

test.each([
  [
    "a step over a limit",
    `materialize(p, infinity, infinity, keys(1)).
     t1: p(0) :- periodic(_, 1, 1), localAddr(${N2}).
     t2: p(N + 1) :- p(N).`,
    /^10\.0\.0\.2:10000: rule t2 exceeded the limit of .*, after 1 step:\n {2}1 {2}10\.0\.0\.2:10000 at 1 s: timer/,
  ],
  [
    "a node that never comes to rest",
    `t1: again@Me() :- periodic(_, 1, 1), localAddr(Me), Me == ${N2}.
     t2: again@Me() :- again(), localAddr(Me).`,
    /^10\.0\.0\.2:10000 never comes to rest: its rules raise events without end, after 1 step:/,
  ],
])("%s is a finding with a trace", async (_, program, told) => {
  const { code, stdout } = await search(program, `u: reachable("up") :- up(_).`, "--nodes", "2", "--ticks", "2");
  expect(stdout.split("\n\n")[1]).toMatch(told);
  expect(code).toBe(1);
});

const ENDLESS = `
materialize(greeted, infinity, 1, keys(1)).
b1: ping@${N2}() :- periodic(_, 1, 1), localAddr(${N1}).
b2: pong@${N1}() :- ping().
b3: ping@${N2}() :- pong().
h1: greeted(1) :- hello().
`;
const GREETED = `g: goal() :- greeted@${N3}(_).`;

test.each([["--random", "4", "--steps", "6"], ["--exhaustive"]])(
  "the goal comes to hold though two nodes exchange messages without end (%s)",
  async (...args) => {
    const program = `${ENDLESS} g1: hello@${N3}() :- periodic(_, 2, 1), localAddr(${N2}).`;
    const { code, stderr } = await search(program, GREETED, "--nodes", "3", ...args);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  },
);

test.each(["1", "2"])("a way that goes round for ever misses the goal (%s jobs)", async (jobs) => {
  const program = `${ENDLESS} accept hello().`;
  const { code, stderr } = await search(program, GREETED, "--nodes", "3", "--jobs", jobs);
  expect(stderr).toBe("mosaic: goal() never holds without further faults\n");
  expect(code).toBe(1);
});

test("a violation before the time of --after is found, and told from the start", async () => {
  const program = `materialize(p, infinity, 1, keys(1)).
    t1: p(N) :- count(N).
    t2: count(1) :- periodic(_, 1, 1), localAddr(${N1}).
    t3: count(2) :- periodic(_, 2, 1), localAddr(${N1}).`;
  const invariants = `v: violation("one", [A]) :- p@A(1).`;
  const { code, stdout } = await search(program, invariants, "--nodes", "2", "--after", "10s");
  expect(stdout).toContain('one ["10.0.0.1:10000"], after 1 step:\n  1  10.0.0.1:10000 at 1 s: timer');
  expect(code).toBe(1);
});

test("--after: names that are reached on the way count as reached", async () => {
  const program = `materialize(p, infinity, 1, keys()).
    t1: p(1) :- periodic(_, 1, 1), localAddr(${N1}).
    t2: p(2) :- periodic(_, 2, 1), localAddr(${N1}).`;
  const args = ["--nodes", "2", "--after", "10s", "--ticks", "0"];
  const { code, stdout } = await search(program, `r: reachable("one") :- p@_(1).`, ...args);
  expect(stdout).toContain("reached: one");
  expect(code).toBe(0);
});
