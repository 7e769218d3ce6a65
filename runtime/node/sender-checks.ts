import { SendLimit } from "../engine/limits/send-limit.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { AcceptSpec } from "../plan/values/predicate-spec.ts";
import { equal, type Value } from "../plan/values/value.ts";
import { isPermitted } from "../wire/permission.ts";
import type { Sender, SenderAdmission, SenderNames, SenderRefusal } from "../wire/sender.ts";

export interface SenderContext {
  /** Undefined on links without keys. Then all senders are unknown, and only limits by number apply. */
  readonly names: SenderNames | undefined;
  /** Returns the time, in seconds. */
  readonly now: () => number;
  /** Whether a row of the table, by predicate, has the value in its first column. */
  readonly hasRow: (table: number, first: Value) => boolean;
}

/** Senders share one budget if nothing tells them apart: those of tuples in packets of overlays, on links with keys. */
const UNKNOWN = "";

/**
 * Checks who sent a tuple: the values of `src`, the table of `from`, and the rate of an `accept`. Without keys `src` admits every name, and
 * `from` every sender. The rate then counts by the address of the datagram.
 */
export class SenderChecks implements SenderAdmission {
  /** Number of tuples that were counted against a rate. */
  counted = 0;
  readonly #context: SenderContext;
  readonly #rates = new Map<AcceptSpec, SendLimit>();

  constructor(context: SenderContext) {
    this.#context = context;
  }

  /** Returns why the tuple is refused, and takes it from the budget of its sender otherwise. */
  refusal(tuple: Tuple, sender: Sender): SenderRefusal | undefined {
    if (tuple.predicate.accepts === undefined) return undefined;
    const permitting = this.#permitting(tuple, sender);
    if (permitting.length === 0) return "wrong sender";
    const isInRate = permitting.some((accept) => this.#takeRate(accept, this.ownerOf(sender)));
    return isInRate ? undefined : "over rate";
  }

  /** Number of rows of the table that the sender may have; infinite if it has no limit. */
  rowsOf(tuple: Tuple, sender: Sender): number {
    return this.#permitting(tuple, sender).reduce((most, { rows = Infinity }) => Math.max(most, rows), 0);
  }

  /** Returns the name to whose budgets the tuples of the sender count. */
  ownerOf({ principal, source }: Sender): Value {
    if (this.#context.names === undefined) return source;
    return principal ?? UNKNOWN;
  }

  #permitting(tuple: Tuple, sender: Sender): readonly AcceptSpec[] {
    const names = this.#namesOf(sender);
    const isSender = (value: Value): boolean => names === undefined || names.some((name) => equal(name, value));
    const { accepts = [] } = tuple.predicate;
    return accepts.filter((accept) => isPermitted(accept, tuple, isSender) && this.#isFrom(accept, names));
  }

  /** Names of the sender: none if it is unknown, undefined if links have no keys. */
  #namesOf({ principal }: Sender): readonly Value[] | undefined {
    const { names } = this.#context;
    if (names === undefined) return undefined;
    return principal === undefined ? [] : names.namesOf(principal);
  }

  #isFrom({ from }: AcceptSpec, names: readonly Value[] | undefined): boolean {
    if (names === undefined || from === "any") return true;
    if (from === "peers") return names.length > 0;
    return names.some((name) => this.#context.hasRow(from, name));
  }

  #takeRate(accept: AcceptSpec, owner: Value): boolean {
    if (accept.rate === undefined) return true;
    this.counted++;
    const limit = this.#rates.get(accept) ?? new SendLimit(accept.rate, 1);
    this.#rates.set(accept, limit);
    return limit.take(0, owner, this.#context.now());
  }
}
