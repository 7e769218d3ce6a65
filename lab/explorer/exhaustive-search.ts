/**
 * Depth-first search of all states. A state is visited once, whatever the way to it. Actions at different nodes commute, so most orders of
 * actions lead to states that are visited already. Their hashes are known without carrying the actions out (`effects.ts`), so such an order
 * is not tried a second time.
 */
import { getHeapStatistics } from "node:v8";
import type { Value } from "../../runtime/plan/values/value.ts";
import { type Choice, isFair } from "./choice.ts";
import { inspect, type ProgressCounts, type SearchLimit, type SearchOutcome, type VisitedStates } from "./outcome.ts";
import type { Invariants } from "./invariants.ts";
import type { BadEnd, FairEnd } from "./settle.ts";
import { type Digest, numberOf } from "./digest.ts";
import type { System } from "./system.ts";

/** The part of a system that the search uses. */
export type Searchable = Pick<System, "take" | "undo" | "choices" | "digest" | "depth" | "predict" | "failure">;

export interface ExhaustiveSettings {
  readonly system: Searchable;
  readonly invariants: Invariants;
  readonly fairEnd: FairEnd;
  /** The visited states. Threads that share them must have the same system. */
  readonly states: VisitedStates;
  /** Position at which the choices of a state begin, so that threads go different ways. */
  readonly turn: number;
  /** Number of states after which the search gives up. */
  readonly limitStates: number;
  /** Called every few thousand actions. */
  readonly onProgress: (counts: ProgressCounts) => void;
  /** Names of `reachable` that held in a state. The search adds to them. */
  readonly reached: Set<Value>;
  /** Whether other threads add to `states`. */
  readonly isShared: boolean;
  /** Whether to leave out actions that are known to lead to visited states. */
  readonly isReduced: boolean;
}

/** A state on the way, with the actions that are possible from it. */
interface Frame {
  readonly choices: readonly Choice[];
  next: number;
  /** 48 bits of the hash of the state. */
  readonly number: number;
}

/** Share of the heap that a search may use. */
const HEAP_SHARE = 0.8;
const ACTIONS_PER_CHECK = 4096;

export class ExhaustiveSearch {
  readonly #settings: ExhaustiveSettings;
  readonly #stack: Frame[] = [];
  /** The states of `#stack`, by 48 bits of their hashes. Empty without a goal. */
  readonly #onWay = new Set<number>();
  readonly #heapLimit: number = getHeapStatistics().heap_size_limit * HEAP_SHARE;
  #actions = 0;
  #deepest = 0;

  constructor(settings: ExhaustiveSettings) {
    this.#settings = settings;
  }

  run(): SearchOutcome {
    const finding = this.#visit();
    if (finding !== undefined) return this.#found(finding);
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) {
      const choice = frame.choices[frame.next++];
      if (choice === undefined) {
        this.#leave();
        continue;
      }
      const limit = this.#limit();
      if (limit !== undefined) return this.#outcome("limit", limit, undefined);
      const found = this.#try(choice);
      if (found !== undefined) return this.#found(found);
    }
    return this.#outcome("complete", undefined, undefined);
  }

  #try(choice: Choice): BadEnd | undefined {
    const { system, isReduced, states } = this.#settings;
    this.#actions++;
    const predicted = isReduced ? system.predict(choice) : undefined;
    if (predicted !== undefined && states.has(predicted) && !this.#isOnWay(predicted)) return undefined;
    system.take(choice);
    const depth = this.#stack.length;
    const finding = this.#visit();
    if (finding === undefined && this.#stack.length === depth) system.undo();
    return finding;
  }

  /** Looks at the present state if it is new, and adds a frame if any action is possible. */
  #visit(): BadEnd | undefined {
    const { system, invariants, reached, fairEnd, states, turn, isShared } = this.#settings;
    const { digest } = system;
    // Each thread begins at the initial state, which is new to one of them only.
    if (!states.add(digest) && this.#stack.length > 0) return this.#isOnWay(digest) ? fairEnd.check() : undefined;
    this.#deepest = Math.max(this.#deepest, system.depth);
    const finding = inspect(system, invariants, reached);
    if (finding !== undefined) return { finding, schedule: [] };
    const choices = system.choices();
    // A cycle may consist of states that several threads visited, so with threads every state is checked as an end.
    const isEnd = isShared || !choices.some(isFair);
    const missed = isEnd ? fairEnd.check() : undefined;
    const first = turn % Math.max(1, choices.length);
    const turned = first === 0 ? choices : [...choices.slice(first), ...choices.slice(0, first)];
    if (choices.length > 0) this.#push({ choices: turned, next: 0, number: numberOf(digest) });
    return missed;
  }

  #push(frame: Frame): void {
    this.#stack.push(frame);
    if (this.#settings.fairEnd.isNeeded) this.#onWay.add(frame.number);
  }

  /** Whether a state is one of those on the way, so that the way can go round for ever. */
  #isOnWay(digest: Digest): boolean {
    return this.#onWay.has(numberOf(digest));
  }

  #leave(): void {
    const frame = this.#stack.pop();
    if (frame !== undefined) this.#onWay.delete(frame.number);
    if (this.#stack.length > 0) this.#settings.system.undo();
  }

  #limit(): SearchLimit | undefined {
    if (this.#settings.states.size >= this.#settings.limitStates) return "states";
    if (this.#actions % ACTIONS_PER_CHECK !== 0) return undefined;
    this.#settings.onProgress({ states: this.#settings.states.size, deepest: this.#deepest, schedules: 0 });
    return process.memoryUsage().heapUsed > this.#heapLimit ? "memory" : undefined;
  }

  #found({ finding, schedule }: BadEnd): SearchOutcome {
    // The last action of each frame was taken, and led to the next frame or to the finding.
    const way = this.#stack.flatMap(({ choices, next }) => choices[next - 1] ?? []);
    return this.#outcome("found", undefined, { finding, schedule: [...way, ...schedule] });
  }

  #outcome(
    result: SearchOutcome["result"],
    limit: SearchLimit | undefined,
    counterexample: SearchOutcome["counterexample"],
  ): SearchOutcome {
    const { size } = this.#settings.states;
    const counts = { states: size, actions: this.#actions, deepest: this.#deepest, schedules: 0 };
    return { result, limit, ...counts, foundAt: undefined, counterexample };
  }
}
