import { keyOfValues } from "../plan/values/key.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { equalValues, type Values } from "../plan/values/value.ts";

const FEW = 8;

/** The events of one round, in order; an event equal to one that the round has had is that one. */
export class RoundEvents {
  #events: { readonly tuple: Tuple; readonly provenance: Provenance }[] = [];
  /**
   * By predicate. No map: in V8 the memory that a map had before `clear` holds on to what it has afterwards. Once the former
   * is old, whatever any round had since stays until all memory is looked through.
   */
  readonly #seen: (Values[] | Set<string> | undefined)[];
  #next = 0;
  /** Events up to here came together: they began the round, or were made by events that came together. */
  #together = 0;

  /** Of a plan with so many predicates. */
  constructor(predicates: number) {
    this.#seen = Array.from({ length: predicates }, () => undefined);
  }

  add(tuple: Tuple, provenance: Provenance): void {
    if (this.#isNew(tuple)) this.#events.push({ tuple, provenance });
  }

  take(): { readonly tuple: Tuple; readonly provenance: Provenance } | undefined {
    return this.#next < this.#events.length ? this.#events[this.#next++] : undefined;
  }

  /** Whether all that came together are taken. */
  get isTurnOver(): boolean {
    return this.#next >= this.#together;
  }

  /** What has come since the last turn is the next. */
  beginTurn(): void {
    this.#together = this.#events.length;
  }

  clear(): void {
    if (this.#events.length === 0) return;
    for (const { tuple } of this.#events) this.#seen[tuple.predicate.id] = undefined;
    this.#events = [];
    this.#next = 0;
    this.#together = 0;
  }

  /** A few are compared one by one, for most rounds have one event of a kind; many by key. */
  #isNew({ predicate, args }: Tuple): boolean {
    const seen = this.#seen[predicate.id];
    if (seen === undefined) {
      this.#seen[predicate.id] = [args];
      return true;
    }
    if (seen instanceof Set) return addedTo(seen, args);
    if (seen.some((other) => equalValues(other, args))) return false;
    seen.push(args);
    if (seen.length > FEW) this.#seen[predicate.id] = new Set(seen.map(keyOfValues));
    return true;
  }
}

function addedTo(seen: Set<string>, args: Values): boolean {
  const key = keyOfValues(args);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
