import { expect, test } from "vitest";
import { FOLDER, systemOf } from "./explored-system.ts";
import { explore, written } from "./run-explore.ts";

/** The goal of a fair run depends on all times, on the clocks and on the random numbers, so no other run may answer for it. */

const [N1, N3] = ['"10.0.0.1:10000"', '"10.0.0.3:10000"'];
const DONE = 'g: goal() :- done@"10.0.0.1:10000"(_).\n';

test("two fair runs with equal rows and orders, but other times, are two", async () => {
  const args = [`${FOLDER}stages.mzl`, "--invariant", written("done.inv.mzl", DONE), "--nodes", "2"];
  const { code, stderr } = await explore(...args, "--ticks", "4");
  expect(stderr).toBe("mosaic: goal() does not hold 120 s after the last fault\n");
  expect(code).toBe(1);
});

test("a run that comes to a known state needs enough time from there", async () => {
  const program = `materialize(got, 4, 1, keys()).
    materialize(rest, 8, 1, keys()).
    materialize(begun, infinity, 1, keys()).
    t1: begin@${N3}() :- periodic(_, 1, 1), localAddr(${N1}).
    g1: got(1) :- begin().
    g2: rest(1) :- begin().
    g3: begun(1) :- begin().`;
  const invariant = written("rest.inv.mzl", `g: goal() :- begun@${N3}(1), !rest@${N3}(1).\n`);
  const args = [written("rest.mzl", program), "--invariant", invariant, "--nodes", "3", "--ticks", "1"];
  // The goal holds 8 s after the start of a run in which the message has arrived, and after 9.01 s if the timer has yet to fire.
  expect((await explore(...args, "--settle", "9.1s")).code).toBe(0);
  expect((await explore(...args, "--settle", "8.5s")).code).toBe(1);
});

test("the fair runs of schedules with other random numbers are other runs", async () => {
  const program = `materialize(drawn, infinity, 1, keys()).
    t1: drawn(f_rand(4)) :- periodic(_, 1, 1).`;
  const codes = [0, 1, 2, 3].map(async (number) => {
    const invariant = written(`drawn${number}.inv.mzl`, `g: goal() :- drawn@_(N), N != ${number}.\n`);
    const args = [written("drawn.mzl", program), "--invariant", invariant, "--nodes", "1", "--ticks", "0"];
    return (await explore(...args, "--random", "60")).code;
  });
  expect(await Promise.all(codes)).toEqual([1, 1, 1, 1]);
});

test("a fair run in which only the clock goes on does not repeat itself", async () => {
  const program = `materialize(done, infinity, 1, keys()).
    t1: done(1) :- periodic(_, 0.1), f_now() > 100.`;
  const args = [written("clock.mzl", program), "--invariant", written("clock.inv.mzl", DONE), "--nodes", "1"];
  const { code, stdout } = await explore(...args, "--ticks", "1");
  expect(stdout).toContain("all states visited");
  expect(code).toBe(0);
});

test.each([
  ["f_rand(4)", false],
  ["4", true],
])("a node that restarts is in its first state again only if it draws no numbers: %s", (value, isSame) => {
  const program = `materialize(p, infinity, 1, keys()).\nt1: p(${value}) :- periodic(_, 1, 1).\n`;
  const system = systemOf(written("restart.mzl", program), {
    budgets: { crashes: 1, restarts: 1, joins: 0, ticks: 1, loss: 0, duplicates: 0 },
  });
  const before = system.stateDigest;
  for (const kind of ["crash", "restart"]) {
    const choice = system.choices().find((one) => one.kind === kind);
    if (choice !== undefined) system.take(choice);
  }
  const { low, high } = system.stateDigest;
  expect(low === before.low && high === before.high).toBe(isSame);
});
