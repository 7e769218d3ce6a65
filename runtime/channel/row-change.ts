import { keyOfRow } from "../plan/values/key.ts";
import type { Row, Value } from "../plan/values/value.ts";

/** A row that is, or is not any more, among those a node keeps for a peer. */
export interface RowChange {
  /** The wire hash of the table the peer keeps it in. */
  readonly inlet: number;
  readonly isThere: boolean;
  readonly args: Row;
}

/** Changes of one row have one key. */
export function keyOfChange({ inlet, args }: RowChange): string {
  return `${inlet} ${keyOfRow(args)}`;
}

/** Some changes of a stream. */
export interface Message {
  /** The name the sender calls the receiver by. */
  readonly place: string;
  /** Drawn anew whenever the stream begins anew. */
  readonly stream: number;
  /** From 1. */
  readonly number: number;
  readonly changes: readonly RowChange[];
  /** With this, every row that the sender has for the receiver has been said. */
  readonly isWhole: boolean;
}

/** The arguments of the event that carries the message. */
export function argumentsOf({ place, stream, number, changes, isWhole }: Message): Row {
  const rows = changes.map(({ inlet, isThere, args }): Value => [inlet, isThere, ...args]);
  return [place, stream, number, isWhole, rows];
}

/** Undefined when the arguments are no message. */
export function messageOf(args: Row): Message | undefined {
  const [place, stream, number, isWhole, rows] = args;
  if (typeof place !== "string" || typeof stream !== "number" || typeof number !== "number") return undefined;
  if (typeof isWhole !== "boolean" || !Array.isArray(rows)) return undefined;
  const changes = (rows as Row).map(changeOf);
  return changes.every((change) => change !== undefined) ? { place, stream, number, isWhole, changes } : undefined;
}

function changeOf(value: Value): RowChange | undefined {
  if (!Array.isArray(value)) return undefined;
  const [inlet, isThere, ...args] = value as Row;
  return typeof inlet === "number" && typeof isThere === "boolean" ? { inlet, isThere, args } : undefined;
}
