import { printable } from "../plan/values/printable.ts";
import { formatJsonTuple, formatJsonValue, type JsonTuple, type JsonValue } from "../plan/values/json-value.ts";

/** Event or row change of a watched predicate, as `--watch --json` prints it. Lines of `trace --json` have the same fields. */
export interface WatchLine {
  /** Seconds since the node started. */
  readonly t: number;
  /** First name of the node, `host:port`. */
  readonly node: string;
  /** A row that is inserted, deleted or refreshed; an event; a tuple that is sent or received. */
  readonly op: "+" | "-" | "refresh" | "event" | "send" | "recv";
  readonly tuple: JsonTuple;
  /** Present if the tuple is too long for a line: texts with the beginnings of its long values stand for these values. */
  readonly cut?: true;
  /** Location that a sent tuple goes to, or that a received one came from. */
  readonly loc?: JsonValue;
}

/** Formats the line for people. */
export function formatWatchLine({ t, op, tuple, loc }: WatchLine): string {
  const location = loc === undefined ? "" : ` ${op === "recv" ? "from" : "to"} ${formatLocation(loc)}`;
  return printable(`${t.toFixed(3)} ${op.padEnd(7)} ${formatJsonTuple(tuple)}${location}`);
}

/** Returns the text of a location. An address of the IP network needs no quotes. */
export function formatLocation(location: JsonValue): string {
  return typeof location === "string" ? location : formatJsonValue(location);
}
