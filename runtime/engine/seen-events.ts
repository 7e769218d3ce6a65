import { hashOfValues } from "../plan/values/hash.ts";
import { keyOfValues } from "../plan/values/key.ts";
import { equalValues, type Values } from "../plan/values/value.ts";

/** Number of events up to which duplicates are found by comparison of all. */
const FEW = 8;

/**
 * The events of one predicate in a round, for the search of duplicates. Most rounds have one event per predicate, so the first few events
 * are compared one by one. More events are found by hash. If many of them have the same hash, they are found by their keys, which cost
 * more.
 */
export class SeenEvents {
  readonly #few: Values[];
  #byHash: Map<number, Values[] | Set<string>> | undefined;

  /** `first` are the arguments of the first event. */
  constructor(first: Values) {
    this.#few = [first];
  }

  /** Adds the arguments of an event. Returns false if there was an equal event. */
  add(args: Values): boolean {
    if (this.#byHash !== undefined) return addByHash(this.#byHash, args);
    if (this.#few.some((other) => equalValues(other, args))) return false;
    this.#few.push(args);
    if (this.#few.length > FEW) {
      this.#byHash = new Map();
      for (const other of this.#few) addByHash(this.#byHash, other);
    }
    return true;
  }
}

function addByHash(byHash: Map<number, Values[] | Set<string>>, args: Values): boolean {
  const hash = hashOfValues(args);
  const alike = byHash.get(hash);
  if (alike === undefined) {
    byHash.set(hash, [args]);
    return true;
  }
  if (alike instanceof Set) return addKey(alike, args);
  if (alike.some((other) => equalValues(other, args))) return false;
  alike.push(args);
  if (alike.length > FEW) byHash.set(hash, new Set(alike.map(keyOfValues)));
  return true;
}

function addKey(keys: Set<string>, args: Values): boolean {
  const before = keys.size;
  return keys.add(keyOfValues(args)).size > before;
}
