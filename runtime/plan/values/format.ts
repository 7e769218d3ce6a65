import { Address } from "./address.ts";
import { bytesOfPacket } from "./packet-bytes.ts";
import { Packet } from "./packet.ts";
import { stringLiteral } from "./printable.ts";
import { segmentsOf } from "./train.ts";
import type { Values, Value } from "./value.ts";

/** Returns a value as a program writes it. Except for tuples, parsing the text gives the value back. */
export function formatValue(value: Value): string {
  switch (typeof value) {
    case "string":
      return stringLiteral(value);
    case "bigint":
      return `0x${value.toString(16)}I`;
    case "number":
      return formatNumber(value);
    case "boolean":
      return String(value);
    default:
      return formatObject(value);
  }
}

/** Returns at least the first `length` characters of the text of a value, or the whole text. Does not read the rest of a long value. */
export function formatStart(value: Value, length: number): string {
  if (typeof value === "string") return stringLiteral(value.slice(0, length));
  if (typeof value !== "object" || value === null) return formatValue(value);
  if (value instanceof Uint8Array) return formatObject(value.subarray(0, length));
  if (Array.isArray(value)) return `[${formatStarts(value as Values, length)}]`;
  if (value instanceof Address) return addressStart(value, length);
  const { tuple } = value as Packet;
  return tuple === undefined ? formatValue(value) : `${tuple.predicate.name}(${formatStarts(tuple.args, length)})`;
}

function addressStart({ overlay, node, options }: Address, length: number): string {
  if (options.length === 0) return `${overlay}::${formatStart(node, length)}`;
  return `${overlay}::(${formatStarts([node, ...options], length)})`;
}

function formatStarts(values: Values, length: number): string {
  let text = "";
  for (let at = 0; at < values.length && text.length < length; at++) {
    text += `${at === 0 ? "" : ", "}${formatStart(values[at] as Value, length)}`;
  }
  return text;
}

export function formatTuple(name: string, args: Values): string {
  return `${name}(${args.map(formatValue).join(", ")})`;
}

/** Returns the decimal text of a number. An integer that is not exact gets a decimal point. */
function formatNumber(value: number): string {
  if (value === Infinity) return "infinity";
  if (value === -Infinity) return "-infinity";
  const text = String(value);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? text : `${text}.0`;
}

function formatObject(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Address) return value.text;
  if (value instanceof Packet) return formatPacket(value);
  if (Array.isArray(value)) return `[${(value as Values).map(formatValue).join(", ")}]`;
  return `b"${Buffer.from(value as Uint8Array).toString("hex")}"`;
}

/**
 * Returns the text of a packet that is not decoded: `packet::b".."` with its encoding, which `f_packet` reads. The text of a packet train
 * holds one encoding per packet, joined by `+`.
 */
export function formatEncodedPacket(packet: Packet): string {
  const bytes = bytesOfPacket(packet);
  return `packet::${bytes === undefined ? "null" : segmentsOf(bytes).map(formatValue).join("+")}`;
}

function formatPacket(packet: Packet): string {
  if (packet.tuple !== undefined) return formatTuple(packet.tuple.predicate.name, packet.tuple.args);
  return formatEncodedPacket(packet);
}
