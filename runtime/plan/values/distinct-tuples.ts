import { keyOfValues } from "./key.ts";
import type { Tuple } from "./packet.ts";
import { equalValues } from "./value.ts";

/** Largest number of tuples that are compared one by one. */
const LINEAR_MAX = 8;

/** Set of tuples by value. A small set compares tuples, a larger one their keys. */
export class DistinctTuples {
  #list: Tuple[] = [];
  #keys: Set<string> | undefined;

  /** Adds the tuple. Returns false if an equal one is in the set already. */
  add(tuple: Tuple): boolean {
    if (this.#keys !== undefined) return this.#addKey(this.#keys, tuple);
    if (this.#list.some((other) => isSame(tuple, other))) return false;
    this.#list.push(tuple);
    if (this.#list.length > LINEAR_MAX) this.#keys = new Set(this.#list.map(keyOf));
    return true;
  }

  clear(): void {
    this.#list = [];
    this.#keys = undefined;
  }

  #addKey(keys: Set<string>, tuple: Tuple): boolean {
    const { size } = keys;
    return keys.add(keyOf(tuple)).size > size;
  }
}

function keyOf({ predicate, args, isDelete }: Tuple): string {
  return `${predicate.id}${isDelete ? "-" : "+"}${keyOfValues(args)}`;
}

function isSame(one: Tuple, other: Tuple): boolean {
  return one.predicate === other.predicate && one.isDelete === other.isDelete && equalValues(one.args, other.args);
}
