import { shownValues } from "../observe/shown-values.ts";
import type { WatchLine } from "../observe/watch.ts";
import { encodeTuple, encodeValue } from "../plan/values/json-value.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** Modes in which predicates are watched, by predicate id. Each mode is one letter of `watchmod`. */
export type Watched = ReadonlyMap<number, string>;

/** Returns the predicates to report on: predicates that the program watches, and predicates in `names`, which are watched in all modes. */
export function watchedPredicates(plan: Plan, names: readonly string[]): Watched {
  const modes = plan.predicates.map((spec) => [spec.id, names.includes(spec.name) ? ALL_MODES : spec.watch] as const);
  return new Map(modes.filter(([, letters]) => letters !== ""));
}

/** Letter of `watchmod` for each kind of line. `i` covers events too: an event is an insertion that is not stored. */
const MODES: Readonly<Record<WatchLine["op"], string>> = {
  "+": "i",
  "-": "d",
  refresh: "r",
  event: "i",
  send: "s",
  recv: "c",
};
const ALL_MODES = "idrcs";

/** Reports the changes of watched predicates. The lines of a step wait until the step ends, and are discarded when the step aborts. */
export class Watcher {
  readonly #node: string;
  readonly #uptime: () => number;
  readonly #report: (line: WatchLine) => void;
  /** Lines of the step under way. */
  #pending: WatchLine[] = [];

  constructor(node: string, uptime: () => number, report: (line: WatchLine) => void) {
    this.#node = node;
    this.#uptime = uptime;
    this.#report = report;
  }

  row(
    watched: Watched,
    op: "+" | "-" | "refresh",
    predicate: { readonly id: number; readonly name: string },
    row: Values,
  ): void {
    if (isWatched(watched, predicate.id, op)) this.#pending.push(this.#line(op, predicate.name, row, undefined));
  }

  event(watched: Watched, { predicate, args }: Tuple): void {
    if (isWatched(watched, predicate.id, "event"))
      this.#pending.push(this.#line("event", predicate.name, args, undefined));
  }

  sent(watched: Watched, { predicate, args }: Tuple, to: Value): void {
    if (isWatched(watched, predicate.id, "send")) this.#pending.push(this.#line("send", predicate.name, args, to));
  }

  /** Reports a tuple from the network at once, since its step has not begun. */
  received(watched: Watched, { predicate, args }: Tuple, from: Value): void {
    if (isWatched(watched, predicate.id, "recv")) this.#report(this.#line("recv", predicate.name, args, from));
  }

  stepEnded(isDone: boolean): void {
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    if (isDone) for (const line of lines) this.#report(line);
  }

  #line(op: WatchLine["op"], name: string, args: Values, location: Value | undefined): WatchLine {
    const loc = location === undefined ? {} : { loc: encodeValue(shownValues([location])[0] ?? null) };
    const shown = shownValues(args);
    const cut = shown === args ? {} : { cut: true as const };
    return { t: this.#uptime(), node: this.#node, op, tuple: encodeTuple(name, shown), ...cut, ...loc };
  }
}

function isWatched(watched: Watched, predicate: number, op: WatchLine["op"]): boolean {
  return watched.get(predicate)?.includes(MODES[op]) === true;
}
