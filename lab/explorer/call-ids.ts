/**
 * Ids of calls, chosen so that states repeat: each node takes its smallest id that no row and no message holds. Random ids
 * would make each state differ from all others.
 */
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import type { IdProbe } from "./effects.ts";

/** Least id. Ids are integers up to 2^53, in a range that programs hardly use. */
const FIRST = 2 ** 52;
/** Number of ids of a node. */
const PER_NODE = 2 ** 24;

/** Returns the ids in the values, those within lists and packets included. */
export function callIdsIn(values: Values): readonly number[] {
  let found: number[] | undefined;
  for (const value of values) {
    if (typeof value === "number") {
      if (isCallId(value)) found = [...(found ?? []), value];
    } else if (typeof value === "object" && value !== null) {
      const inside = callIdsWithin(value);
      if (inside.length > 0) found = [...(found ?? []), ...inside];
    }
  }
  return found ?? NONE;
}

const NONE: readonly number[] = [];

function callIdsWithin(value: Exclude<Value, number | null>): readonly number[] {
  if (Array.isArray(value)) return callIdsIn(value as Values);
  if (value instanceof Packet) return value.tuple === undefined ? NONE : callIdsIn(value.tuple.args);
  return NONE;
}

export function isCallId(value: Value | undefined): value is number {
  return typeof value === "number" && value >= FIRST && value < 2 ** 53 && Number.isInteger(value);
}

/** Returns the least id of a node. */
export function firstCallId(node: number): number {
  return FIRST + node * PER_NODE;
}

/** Ids of one node. */
export class CallIds {
  readonly #first: number;
  readonly #isHeld: (id: number) => boolean;
  readonly #isHeldElsewhere: (id: number) => boolean;
  /** The ids that the running step has tried to take. */
  #probes: IdProbe[] = [];
  /** The id after the last one that the running step took. */
  #next: number;

  /** Holders of an id: rows of the node itself, and messages and rows of other nodes. */
  constructor(node: number, isHeld: (id: number) => boolean, isHeldElsewhere: (id: number) => boolean) {
    this.#first = firstCallId(node);
    this.#next = this.#first;
    this.#isHeld = isHeld;
    this.#isHeldElsewhere = isHeldElsewhere;
  }

  /** To be called at the beginning of each step of the node. */
  beginStep(): void {
    this.#next = this.#first;
    this.#probes = [];
  }

  /** The ids that the latest step tried to take. */
  get probes(): readonly IdProbe[] {
    return this.#probes;
  }

  /** Returns the smallest id that is free, and greater than those that the step has taken before. */
  take(): number {
    for (let id = this.#next; ; id++) {
      const isHeld = this.#isHeldElsewhere(id);
      this.#probes.push({ id, isHeld });
      if (isHeld || this.#isHeld(id)) continue;
      this.#next = id + 1;
      return id;
    }
  }
}

/** Returns the id as text: its number among the ids of its node. */
export function callIdText(id: number): string {
  return `#${((id - FIRST) % PER_NODE) + 1}`;
}
