import { Address } from "../plan/values/address.ts";
import { formatValue } from "../plan/values/format.ts";
import { Packet } from "../plan/values/packet.ts";
import type { Values, Value } from "../plan/values/value.ts";

/** One event of a watched predicate, as `--watch --json` prints it. */
export interface WatchLine {
  /** Seconds since the node started. */
  readonly t: number;
  readonly node: string;
  readonly op: "+" | "-" | "refresh" | "event" | "send" | "recv";
  readonly tuple: readonly JsonValue[];
  /** Location that a sent tuple goes to, or a received one came from. */
  readonly loc?: string;
}

export type JsonValue = null | boolean | number | string | { readonly bytes: string } | readonly JsonValue[];

export function watchedTuple(name: string, args: Values): readonly JsonValue[] {
  return [name, ...args.map(jsonValue)];
}

/**
 * Returns the JSON of a value. Ids print as `"0x…I"`, addresses as text, bytes as `{"bytes": hex}`, a packet as its tuple
 * or, while it is not decoded, as bytes.
 */
export function jsonValue(value: Value): JsonValue {
  if (typeof value === "bigint" || value instanceof Address) return formatValue(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : formatValue(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Packet) return packetValue(value);
  if (value instanceof Uint8Array) return { bytes: hex(value) };
  return value.map(jsonValue);
}

function packetValue(packet: Packet): JsonValue {
  if (packet.tuple !== undefined) return watchedTuple(packet.tuple.predicate.name, packet.tuple.args);
  return { bytes: hex(packet.body ?? new Uint8Array()) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Strings that stand for values without a JSON form: infinity, ids and addresses. */
const NO_STRING = /^(-?infinity|0x[0-9a-f]+I|[a-z]\w*(\.\w+)*::.+)$/s;

/** Formats the line for people. */
export function formatWatchLine(line: WatchLine): string {
  const [name, ...args] = line.tuple;
  const location = line.loc === undefined ? "" : ` ${line.op === "recv" ? "from" : "to"} ${line.loc}`;
  return `${line.t.toFixed(3)} ${line.op.padEnd(7)} ${name as string}(${args.map(formatJson).join(", ")})${location}`;
}

function formatJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(formatJson).join(", ")}]`;
  if (typeof value === "object" && value !== null && "bytes" in value) return `b"${value.bytes}"`;
  return typeof value === "string" && NO_STRING.test(value) ? value : JSON.stringify(value);
}
