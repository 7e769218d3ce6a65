import { keyOfValues } from "../plan/values/key.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** A row that is, or is not any more, among those a node keeps for a peer. */
export interface RowChange {
  /** The wire hash of the table the peer keeps it in. */
  readonly inlet: number;
  readonly isPresent: boolean;
  readonly args: Values;
}

/** Changes of one row have one key. */
export function keyOfChange({ inlet, args }: RowChange): string {
  return `${inlet} ${keyOfValues(args)}`;
}

/** Some changes of a stream. */
export interface Message {
  /** The name the sender calls the receiver by. */
  readonly receiver: string;
  /** Drawn anew whenever the stream begins anew. */
  readonly stream: number;
  /** From 1. */
  readonly number: number;
  readonly changes: readonly RowChange[];
  /** With this, every row that the sender has for the receiver has been said. */
  readonly endsSnapshot: boolean;
}

/** The arguments of the event that carries the message. */
export function argumentsOf({ receiver, stream, number, changes, endsSnapshot }: Message): Values {
  const rows = changes.map(({ inlet, isPresent, args }): Value => [inlet, isPresent, ...args]);
  return [receiver, stream, number, endsSnapshot, rows];
}

/** Undefined when the arguments are no message. */
export function messageOf(args: Values): Message | undefined {
  const [receiver, stream, number, endsSnapshot, rows] = args;
  if (typeof receiver !== "string" || typeof stream !== "number" || typeof number !== "number") return undefined;
  if (typeof endsSnapshot !== "boolean" || !Array.isArray(rows)) return undefined;
  const changes = (rows as Values).map(changeOf);
  return changes.every((change) => change !== undefined)
    ? { receiver, stream, number, endsSnapshot, changes }
    : undefined;
}

function changeOf(value: Value): RowChange | undefined {
  if (!Array.isArray(value)) return undefined;
  const [inlet, isPresent, ...args] = value as Values;
  return typeof inlet === "number" && typeof isPresent === "boolean" ? { inlet, isPresent, args } : undefined;
}
