import { type WatchLine, watchedTuple } from "../observe/watch.ts";
import { formatValue } from "../plan/values/format.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** Letters of `watchmod`, by predicate. */
export type Watched = ReadonlyMap<number, string>;

/** Predicates to report on: those the program watches, and those of `names`. */
export function watchedPredicates(plan: Plan, names: readonly string[]): Watched {
  const modes = plan.predicates.map((spec) => [spec.id, names.includes(spec.name) ? ALL_MODES : spec.watch] as const);
  return new Map(modes.filter(([, letters]) => letters !== ""));
}

/** The letter of `watchmod` that asks for each kind of line: an event is an insertion that does not stay. */
const MODES: Readonly<Record<WatchLine["op"], string>> = {
  "+": "i",
  "-": "d",
  refresh: "r",
  event: "i",
  send: "s",
  recv: "c",
};
const ALL_MODES = "idrcs";

/** Tells of watched predicates: what a step did, when it is done, and not at all when it was taken back. */
export class Watcher {
  readonly #node: string;
  readonly #uptime: () => number;
  readonly #tell: (line: WatchLine) => void;
  /** Of the step under way. */
  #told: WatchLine[] = [];

  constructor(node: string, uptime: () => number, tell: (line: WatchLine) => void) {
    this.#node = node;
    this.#uptime = uptime;
    this.#tell = tell;
  }

  row(
    watched: Watched,
    op: "+" | "-" | "refresh",
    predicate: { readonly id: number; readonly name: string },
    row: Values,
  ): void {
    if (isWatched(watched, predicate.id, op)) this.#told.push(this.#line(op, predicate.name, row, undefined));
  }

  event(watched: Watched, { predicate, args }: Tuple): void {
    if (isWatched(watched, predicate.id, "event"))
      this.#told.push(this.#line("event", predicate.name, args, undefined));
  }

  sent(watched: Watched, { predicate, args }: Tuple, to: Value): void {
    if (isWatched(watched, predicate.id, "send")) this.#told.push(this.#line("send", predicate.name, args, to));
  }

  /** Before its step. */
  received(watched: Watched, { predicate, args }: Tuple, from: Value): void {
    if (isWatched(watched, predicate.id, "recv")) this.#tell(this.#line("recv", predicate.name, args, from));
  }

  settle(isDone: boolean): void {
    if (this.#told.length === 0) return;
    const lines = this.#told;
    this.#told = [];
    if (isDone) for (const line of lines) this.#tell(line);
  }

  #line(op: WatchLine["op"], name: string, args: Values, place: Value | undefined): WatchLine {
    const loc = place === undefined ? {} : { loc: typeof place === "string" ? place : formatValue(place) };
    return { t: this.#uptime(), node: this.#node, op, tuple: watchedTuple(name, args), ...loc };
  }
}

function isWatched(watched: Watched, predicate: number, op: WatchLine["op"]): boolean {
  return watched.get(predicate)?.includes(MODES[op]) === true;
}
