import type { Value } from "../plan/values/value.ts";

/** Names with a counter each. Names come from tuples, so their number is bounded; all further names share one counter. */
const NAMES_MAX = 16;
/** Greatest length of the name of a network interface. */
const NAME_LENGTH_MAX = 15;
const OTHERS = "others";

/** Counters of packets for devices that this node does not have, by the name that rules or other nodes gave. */
export class UnknownDevices {
  readonly counts: Map<string, number> = new Map();

  add(name: Value, count: number): void {
    const key = typeof name === "string" && this.#mayCount(name) ? name : OTHERS;
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }

  #mayCount(name: string): boolean {
    return this.counts.has(name) || (this.counts.size < NAMES_MAX && name.length <= NAME_LENGTH_MAX);
  }
}
