import { keyOfRow } from "../plan/key.ts";
import type { Provenance, Tuple } from "../plan/packet.ts";
import { equalRows, type Row } from "../plan/value.ts";

const FEW = 8;

/** The events of one round, in order; an event equal to one that the round has had is that one. */
export class RoundEvents {
  readonly #events: { readonly tuple: Tuple; readonly provenance: Provenance }[] = [];
  readonly #seen = new Map<number, Row[] | Set<string>>();
  #next = 0;
  /** Events up to here came together: they began the round, or were made by events that came together. */
  #together = 0;

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
    this.#events.length = 0;
    this.#next = 0;
    this.#together = 0;
    this.#seen.clear();
  }

  /** A few are compared one by one, for most rounds have one event of a kind; many by key. */
  #isNew({ predicate, args }: Tuple): boolean {
    const seen = this.#seen.get(predicate.id);
    if (seen === undefined) {
      this.#seen.set(predicate.id, [args]);
      return true;
    }
    if (seen instanceof Set) return addedTo(seen, args);
    if (seen.some((other) => equalRows(other, args))) return false;
    seen.push(args);
    if (seen.length > FEW) this.#seen.set(predicate.id, new Set(seen.map(keyOfRow)));
    return true;
  }
}

function addedTo(seen: Set<string>, args: Row): boolean {
  const key = keyOfRow(args);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
