/*
 * Messages about what other nodes may send: `accept`, and the senders of tuples. `messages.ts` joins them with all others.
 */
import type { Wording } from "./wording.ts";

/** Mistakes in the options of an `accept`. */
export type AcceptFault = "rate" | "rows" | "event" | "key" | "delete" | { readonly table: string };

/** Messages about what other nodes may send, by code. */
export const TRUST_MESSAGES = {
  E0298: (f: { readonly type: string }): Wording =>
    BOUNDS.get(f.type) ?? { message: `the type \`${f.type}\` takes no numbers`, help: "write it without brackets" },
  E0299: (f: { readonly fault: AcceptFault }): Wording =>
    typeof f.fault === "string"
      ? FAULTS[f.fault]
      : {
          message: `there is no table \`${f.fault.table}\` for the names of the senders`,
          help: "after `from` stands a table with the names in its first column, or `any`",
        },
};

const BOUNDS: ReadonlyMap<string, Wording> = new Map([
  ["int", { message: "`int` has two whole numbers, the smaller one first", help: "write it as in `int(0, 9)`" }],
  ["number", { message: "`number` has two numbers, the smaller one first", help: "write it as in `number(0, 0.5)`" }],
  ["string", { message: "`string` has its greatest number of characters", help: "write it as in `string(64)`" }],
]);

const FAULTS: Readonly<Record<Exclude<AcceptFault, object>, Wording>> = {
  rate: {
    message: "a rate is a number of tuples a second, at least 1",
    help: "write it as in `rate 10`",
  },
  rows: {
    message: "a number of rows is a whole number, at least 1",
    help: "write it as in `rows 100`",
  },
  event: { message: "an event has no rows", help: "limit it by `rate`" },
  key: { message: "the rows of a table without a key cannot be told apart", help: "name the columns of its key" },
  delete: { message: "`rows` limits insertions, and this statement permits deletions", help: "write it with `insert`" },
};
