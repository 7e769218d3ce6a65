import { hash } from "node:crypto";
import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { keyOfValues } from "../plan/values/key.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** Change of a row that one node holds for another: inserted (`isPresent`) or deleted. */
export interface RowChange {
  /** Wire hash of the inlet: the table in which the receiver holds the row. */
  readonly inlet: number;
  readonly isPresent: boolean;
  readonly args: Values;
}

/**
 * Largest number of changes in one message. A receiver refuses a message with more changes, since it applies all changes of a message in
 * one step.
 */
export const CHANGES_MAX = 16;

/** Length above which the key of a row is replaced by its digest. A node keeps the keys of rows for as long as a peer wishes. */
const LONG_KEY = 128;

/** Returns the key of the changed row, of bounded length. All changes of one row have the same key. */
export function keyOfChange({ inlet, args }: RowChange): string {
  const key = keyOfValues([inlet, ...args]);
  return key.length <= LONG_KEY ? key : `#${hash("sha256", Buffer.from(key, "utf16le"), "base64")}`;
}

/** Memory of a change besides its values, in bytes. */
const CHANGE_BYTES = 96;

/** Returns the approximate memory of a change in bytes. */
export function bytesOfChange({ args }: RowChange): number {
  return CHANGE_BYTES + heldBytesOf(args);
}

/** Message of a stream of row changes: the event `?rows`. */
export interface Message {
  /** Address by which the sender knows the receiver. */
  readonly receiver: string;
  /** Random id of the stream. A restarted stream has a new one. */
  readonly stream: number;
  /** Sequence number in the stream, from 1. */
  readonly number: number;
  readonly changes: readonly RowChange[];
  /** Whether this message completes the snapshot of all rows that the sender has for the receiver. */
  readonly endsSnapshot: boolean;
}

/** Returns the arguments of the event that carries the message. */
export function argumentsOf({ receiver, stream, number, changes, endsSnapshot }: Message): Values {
  const rows = changes.map(({ inlet, isPresent, args }): Value => [inlet, isPresent, ...args]);
  return [receiver, stream, number, endsSnapshot, rows];
}

/** Returns the message in the arguments of an event, or undefined if the arguments are malformed. */
export function messageOf(args: Values): Message | undefined {
  const [receiver, stream, number, endsSnapshot, rows] = args;
  if (typeof receiver !== "string" || !isCount(stream) || !isCount(number)) return undefined;
  if (typeof endsSnapshot !== "boolean" || !Array.isArray(rows)) return undefined;
  const changes = (rows as Values).map(changeOf);
  return changes.every((change) => change !== undefined)
    ? { receiver, stream, number, endsSnapshot, changes }
    : undefined;
}

/** Acknowledgement of a stream: the event `?heard`. */
export interface Acknowledgement {
  readonly stream: number;
  /** Number of the last message in order. */
  readonly number: number;
}

/** Returns the acknowledgement in the arguments of an event, or undefined if the arguments are malformed. */
export function acknowledgementOf([stream, number]: Values): Acknowledgement | undefined {
  return isCount(stream) && isCount(number) ? { stream, number } : undefined;
}

/** Whether a value may be a stream id or a sequence number. A fraction cannot be the index of a message. */
function isCount(value: Value | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function changeOf(value: Value): RowChange | undefined {
  if (!Array.isArray(value)) return undefined;
  const [inlet, isPresent, ...args] = value as Values;
  return typeof inlet === "number" && typeof isPresent === "boolean" ? { inlet, isPresent, args } : undefined;
}
