import { keyOfValues } from "./key.ts";
import type { Tuple } from "./packet.ts";
import { equalValues } from "./value.ts";

const FEW = 8;

/** Tuples of which no two are equal: few are compared with each other, many by their keys. */
export class DistinctTuples {
  #few: Tuple[] = [];
  #keys: Set<string> | undefined;

  /** Whether the tuple is none of those that were added. */
  add(tuple: Tuple): boolean {
    if (this.#keys !== undefined) return this.#addKey(this.#keys, tuple);
    if (this.#few.some((other) => isSame(tuple, other))) return false;
    this.#few.push(tuple);
    if (this.#few.length > FEW) this.#keys = new Set(this.#few.map(keyOf));
    return true;
  }

  clear(): void {
    this.#few = [];
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
