/** The optimisations of view calls change no table, even where the order of answers decides a row. */
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { manualWorld } from "../session/manual-world.ts";
import { Chance } from "./chance.ts";
import { compileWith, UNOPTIMISED } from "./compiled.ts";
import { randomAnswerCommands, randomAnswers } from "./random-answers.ts";
import { timeToHunt } from "./time-to-hunt.ts";

const PROGRAMS = 20;
/** Time in which all steps of a command run, although the queue pauses after some hundred. Shorter than the timeout of a call. */
const SETTLED_SECONDS = 0.001;
const SWITCHES: Readonly<Record<string, ViewOptimisations>> = {
  "--no-tail-calls": { ...ALL_OPTIMISATIONS, tailCalls: false },
  "--no-inline-views": { ...ALL_OPTIMISATIONS, inlineViews: false },
  "--no-local-shortcut": { ...ALL_OPTIMISATIONS, localShortcut: false },
  "all three": UNOPTIMISED,
};
const TABLES = ["best", "log", "varying", "n"];

type Commands = ReturnType<typeof randomAnswerCommands>;

/** Returns the tables after each command. */
function run(text: string, commands: Commands, optimisations: ViewOptimisations): readonly string[] {
  const compiled = compileWith(text, optimisations);
  if (!("program" in compiled)) throw new Error(`${compiled[0]?.message}\n${text}`);
  const world = manualWorld("a:1");
  const node = new Node(compiled.program, world, { names: ["a:1"], facts: [], watch: [] });
  node.start();
  return commands.map(([name, args]) => {
    node.insert(name, args);
    world.clock.advance(SETTLED_SECONDS);
    const rows = TABLES.flatMap((table) => (node.rows(table) ?? []).map((row) => formatTuple(table, row)).toSorted());
    return `${formatTuple(name, args)}: ${rows.join(" ")}`;
  });
}

/** Declares the test of as many programs as take so many seconds of processor time. */
export function testViewSwitches(seconds: number): void {
  test("random programs have the same tables with and without optimisations of view calls", {
    timeout: 60_000 + 2_000 * seconds,
  }, () => {
    const isOver = timeToHunt(seconds);
    const first = Number(process.env["SEED"] ?? 1);
    for (let seed = first; !isOver() || seed < first + PROGRAMS; seed++) {
      const chance = new Chance(seed, "answers");
      const text = randomAnswers(chance);
      const commands = randomAnswerCommands(chance);
      const expected = run(text, commands, ALL_OPTIMISATIONS);
      for (const [title, optimisations] of Object.entries(SWITCHES)) {
        expect([text, ...run(text, commands, optimisations)], `seed ${seed}, ${title}`).toEqual([text, ...expected]);
      }
    }
  });
}

const KEYED = `
materialize(member, infinity, infinity, keys(1)).
materialize(cost, infinity, infinity, keys(1)).
materialize(best, infinity, infinity, keys(1)).
def price(X, &Y) { a: this.return(Y) :- this.init(X), cost(X, Y). }
member(3). member(1). member(2). cost(1, 10). cost(2, 5). cost(3, 7).
r2: best(K, Y) :- e(K), member(X), price(X, &Y).
r1: best(K, 0) :- e(K), price(1, &_).
`;

/** Declares the tests of the order of answers. */
export function testOrderOfAnswers(): void {
  test.for([["all optimisations", ALL_OPTIMISATIONS] as const, ...Object.entries(SWITCHES)])(
    "answers of one step come in the order of rules, then of inputs: %s",
    ([, optimisations]) => {
      const events = Array.from({ length: 20 }, (_, at) => ["e", [at]] as const);
      const last = run(KEYED, events, optimisations).at(-1);
      expect(last).toContain(
        events
          .map(([, [key]]) => formatTuple("best", [key ?? 0, 7]))
          .toSorted()
          .join(" "),
      );
    },
  );
}
