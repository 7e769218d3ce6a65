/**
 * Search by random schedules. Every second schedule is uniform: each possible action is equally likely. The others follow random
 * priorities of nodes and of pairs of nodes, which change at a few random points (PCT: Burckhardt et al., ASPLOS 2010); they find mistakes
 * that need few but certain orders. Faults happen at random points.
 */
import type { Value } from "../../runtime/plan/values/value.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";
import { BUDGET_OF, type Budgets, type Choice, FAULTS, isFair } from "./choice.ts";
import {
  type Counterexample,
  type Finding,
  inspect,
  type ProgressCounts,
  type SearchOutcome,
  type VisitedStates,
} from "./outcome.ts";
import { extended, type History, scheduleOf } from "./history.ts";
import type { Invariants } from "./invariants.ts";
import type { FairEnd } from "./settle.ts";
import type { System } from "./system.ts";

export interface RandomSettings {
  readonly system: System;
  readonly invariants: Invariants;
  readonly fairEnd: FairEnd;
  readonly seed: number;
  /** Number of all schedules. This search runs the one with number `first`, and from there each `stride`-th. */
  readonly schedules: number;
  readonly first: number;
  readonly stride: number;
  /** The least number of a schedule with a violation, which threads share. Schedules behind it are not run. */
  readonly firstFound: Int32Array | undefined;
  readonly states: VisitedStates;
  /** Actions of a schedule. */
  readonly steps: number;
  /** Number of states after which the search gives up; infinite if it runs all schedules. */
  readonly limitStates: number;
  /** Called after each schedule. */
  readonly onProgress: (counts: ProgressCounts) => void;
  /** Names of `reachable` that held in a state. The search adds to them. */
  readonly reached: Set<Value>;
}

/** Number of states up to which a random search counts them. More would take its memory, and it does not need them. */
export const COUNTED_MAX = 5_000_000;

/** Returns the number that selects the random streams of the nodes in a schedule (`System.drawFrom`). An exhaustive search has 0. */
export function drawOf(schedule: number | undefined): number {
  return schedule === undefined ? 0 : schedule + 1;
}

/** Largest number of points at which priorities change. */
const CHANGES_MAX = 4;

/** Chooses among the possible actions, of which there is at least one. */
type Choose = (choices: readonly Choice[], at: number) => Choice;

export class RandomSearch {
  readonly #settings: RandomSettings;
  #actions = 0;
  #deepest = 0;

  constructor(settings: RandomSettings) {
    this.#settings = settings;
  }

  run(): SearchOutcome {
    const { first, stride, schedules, states, limitStates, firstFound } = this.#settings;
    let runs = 0;
    for (let number = first; number < schedules; number += stride) {
      if (firstFound !== undefined && Atomics.load(firstFound, 0) < number) break;
      if (states.size >= limitStates && runs > 0) return this.#outcome("limit", runs);
      const counterexample = this.#schedule(number);
      runs++;
      this.#settings.onProgress({ schedules: runs, states: states.size, deepest: this.#deepest });
      if (counterexample === undefined) continue;
      if (firstFound !== undefined) lower(firstFound, number);
      return { ...this.#outcome("found", runs), foundAt: number, counterexample };
    }
    return this.#outcome("complete", runs);
  }

  #schedule(number: number): Counterexample | undefined {
    const { system, seed, steps, fairEnd } = this.#settings;
    system.drawFrom(drawOf(number));
    const random = streamOf(seed, `schedule ${number}`);
    const choose = number % 2 === 0 ? uniform(random) : byPriority(random, steps);
    const faults = faultPoints(random, system.budgets, steps);
    let history: History = null;
    let finding = this.#look();
    for (let at = 0; at < steps && finding === undefined; at++) {
      const choices = system.choices();
      if (choices.length === 0) break;
      const choice = chooseWithFaults(choices, at, { faults, choose, random });
      if (choice === undefined) break;
      system.take(choice);
      this.#actions++;
      history = extended(history, choice);
      finding = this.#look();
    }
    this.#deepest = Math.max(this.#deepest, system.depth);
    const bad = finding === undefined ? fairEnd.check() : { finding, schedule: [] };
    system.undoTo(0);
    return bad && { finding: bad.finding, schedule: [...scheduleOf(history), ...bad.schedule] };
  }

  #look(): Finding | undefined {
    const { system, invariants, reached, states } = this.#settings;
    if (states.size < COUNTED_MAX) states.add(system.digest);
    return inspect(system, invariants, reached);
  }

  #outcome(result: SearchOutcome["result"], schedules: number): SearchOutcome {
    const counts = { states: this.#settings.states.size, actions: this.#actions, deepest: this.#deepest, schedules };
    const limit = result === "limit" ? "states" : undefined;
    return { result, limit, ...counts, foundAt: undefined, counterexample: undefined };
  }
}

/** Lowers a shared number to `number`, unless it is lower. */
function lower(shared: Int32Array, number: number): void {
  for (let known = Atomics.load(shared, 0); number < known; known = Atomics.load(shared, 0)) {
    if (Atomics.compareExchange(shared, 0, known, number) === known) return;
  }
}

/** A kind of fault that is due from a step on. */
interface FaultPoint {
  readonly at: number;
  readonly budget: keyof Budgets;
}

interface Drawing {
  readonly faults: FaultPoint[];
  readonly choose: Choose;
  readonly random: RandomStream;
}

/** Draws the steps from which faults happen, one for each fault of the budgets, in order. */
function faultPoints(random: RandomStream, budgets: Budgets, steps: number): FaultPoint[] {
  const points = FAULTS.flatMap((budget) =>
    Array.from({ length: Math.min(budgets[budget], steps) }, () => ({ at: random.integer(steps), budget })),
  );
  return points.sort((one, other) => one.at - other.at);
}

/** Returns a fault if one is due and possible, else an action that is no fault. Undefined if only faults are possible that are not due. */
function chooseWithFaults(
  choices: readonly Choice[],
  at: number,
  { faults, choose, random }: Drawing,
): Choice | undefined {
  for (const point of faults) {
    if (point.at > at) break;
    const possible = choices.filter(({ kind }) => BUDGET_OF[kind] === point.budget);
    if (possible.length === 0) continue;
    faults.splice(faults.indexOf(point), 1);
    return possible[random.integer(possible.length)];
  }
  const plain = choices.filter(isFair);
  if (plain.length > 0) return choose(plain, at);
  const [next] = faults;
  const possible = next === undefined ? [] : choices.filter(({ kind }) => BUDGET_OF[kind] === next.budget);
  if (possible.length === 0) return undefined;
  faults.shift();
  return possible[random.integer(possible.length)];
}

function uniform(random: RandomStream): Choose {
  return (choices) => choices[random.integer(choices.length)] as Choice;
}

/** Takes the action of highest priority. At each of a few random steps, the action that would be next gets the lowest priority instead. */
function byPriority(random: RandomStream, steps: number): Choose {
  const priorities = new Map<string, number>();
  const changes = new Set(Array.from({ length: random.integer(CHANGES_MAX + 1) }, () => random.integer(steps)));
  let lowest = 0;
  const priority = (choice: Choice): number => {
    const name = processOf(choice);
    const known = priorities.get(name) ?? random.next();
    priorities.set(name, known);
    return known;
  };
  const best = (choices: readonly Choice[]): Choice =>
    choices.reduce((first, choice) => (priority(choice) > priority(first) ? choice : first));
  return (choices, at) => {
    if (changes.has(at)) priorities.set(processOf(best(choices)), --lowest);
    return best(choices);
  };
}

/** The sequence of actions that an action belongs to: the timers of a node, or the messages of a pair of nodes. */
function processOf(choice: Choice): string {
  return "message" in choice ? `${choice.message.from} to ${choice.node}` : `timers of ${choice.node}`;
}
