import { limitName, type LimitName } from "./limits/limits.ts";

/** Steps with the same cause that exceeded the same limit in the same rule, and were undone. */
export interface RefusedSteps {
  /** Predicate of the tuple that the steps began with. Steps without a tuple have the cause `expiry`, `facts` or `program swap`. */
  readonly cause: string;
  readonly limit: LimitName;
  /** Name of the rule; empty if the step had run none. */
  readonly rule: string;
  readonly count: number;
}

/** Returns the log message about a step that exceeded a limit. `most` is the greatest amount that the limit allows. */
export function refusedMessage({ cause, limit, rule }: RefusedSteps, most: number | undefined): string {
  const where = rule === "" ? "" : ` in rule ${rule}`;
  return `a step exceeded its limit of ${limitName(limit, most)}${where} and was rolled back; cause: ${cause}`;
}

/** Numbers of refused steps by cause, limit and rule. The program determines the possible combinations, so their number is bounded. */
export class RefusalCounts {
  readonly #refused = new Map<string, RefusedSteps>();

  get all(): readonly RefusedSteps[] {
    return [...this.#refused.values()];
  }

  add({ cause, limit, rule, count }: RefusedSteps): void {
    const key = `${cause} ${limit} ${rule}`;
    this.#refused.set(key, { cause, limit, rule, count: count + (this.#refused.get(key)?.count ?? 0) });
  }
}
