/**
 * Values as JSON, in the one notation of all JSON outputs (docs/json.md, "Values"). Plain JSON stands for null, booleans, numbers,
 * strings and lists; every other kind is an object with the kind as its key, so that no value looks like a string.
 */
import { Address } from "./address.ts";
import { formatEncodedPacket, formatValue } from "./format.ts";
import { Packet } from "./packet.ts";
import { isTrain, trainOf } from "./train.ts";
import type { Value, Values } from "./value.ts";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  /** Numbers that JSON cannot hold. */
  | { readonly number: "infinity" | "-infinity" | "NaN" }
  | { readonly id: string }
  | { readonly bytes: JsonBytes }
  | { readonly address: JsonAddress }
  | JsonPacket
  | readonly JsonValue[];

/** Hexadecimal digits; a list with one string per segment for a packet train. */
export type JsonBytes = string | readonly string[];

export interface JsonAddress {
  readonly overlay: string;
  readonly node: JsonValue;
  /** Omitted if there are none. */
  readonly options?: readonly JsonValue[];
}

export interface JsonPacket {
  /** The tuple; for a packet that is not decoded, the wire hash of its predicate and the encoded arguments. */
  readonly packet: JsonTuple | { readonly hash: number; readonly bytes: JsonBytes };
  /** Present if the packet deletes a row. Omitted for packets that are not decoded: their hash tells whether they delete a row. */
  readonly op?: "-";
}

/** Name of the predicate, then its arguments. */
export type JsonTuple = readonly [string, ...JsonValue[]];

export function encodeTuple(name: string, args: Values): JsonTuple {
  return [name, ...args.map(encodeValue)];
}

export function encodeValue(value: Value): JsonValue {
  switch (typeof value) {
    case "bigint":
      return { id: `0x${value.toString(16)}` };
    case "number":
      return encodeNumber(value);
    case "object":
      return encodeObject(value);
    default:
      return value;
  }
}

function encodeNumber(value: number): JsonValue {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return { number: "NaN" };
  return { number: value > 0 ? "infinity" : "-infinity" };
}

function encodeObject(value: (Value & object) | null): JsonValue {
  if (value === null) return null;
  if (value instanceof Address) return { address: encodeAddress(value) };
  if (value instanceof Packet) return encodePacket(value);
  if (value instanceof Uint8Array) return { bytes: encodeBytes(value) };
  return value.map(encodeValue);
}

function encodeAddress({ overlay, node, options }: Address): JsonAddress {
  const fields = { overlay, node: encodeValue(node) };
  return options.length === 0 ? fields : { ...fields, options: options.map(encodeValue) };
}

function encodePacket({ tuple, hash, body = new Uint8Array() }: Packet): JsonPacket {
  if (tuple === undefined) return { packet: { hash, bytes: encodeBytes(body) } };
  const packet = encodeTuple(tuple.predicate.name, tuple.args);
  return tuple.isDelete ? { packet, op: "-" } : { packet };
}

function encodeBytes(bytes: Uint8Array): JsonBytes {
  return isTrain(bytes) ? bytes.segments().map(hex) : hex(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Returns the text of a value for people, close to that of `formatValue`. */
export function formatJsonValue(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return formatValue(value);
  if (isList(value)) return `[${value.map(formatJsonValue).join(", ")}]`;
  if ("number" in value) return value.number;
  if ("id" in value) return `${value.id}I`;
  if ("bytes" in value) return formatBytes(value.bytes);
  return "address" in value ? formatAddress(value.address) : formatPacket(value);
}

export function formatJsonTuple([name, ...args]: JsonTuple): string {
  return `${name}(${args.map(formatJsonValue).join(", ")})`;
}

function formatBytes(bytes: JsonBytes): string {
  return typeof bytes === "string" ? `b"${bytes}"` : bytes.map(formatBytes).join("+");
}

function formatAddress({ overlay, node, options = [] }: JsonAddress): string {
  if (options.length === 0) return `${overlay}::${formatJsonValue(node)}`;
  return `${overlay}::(${[node, ...options].map(formatJsonValue).join(", ")})`;
}

function formatPacket({ packet, op }: JsonPacket): string {
  if ("bytes" in packet) return formatEncodedPacket(Packet.inTransit(packet.hash, 0, bytesFromHex(packet.bytes)));
  return `${op === "-" ? "delete " : ""}${formatJsonTuple(packet)}`;
}

function bytesFromHex(digits: JsonBytes): Uint8Array {
  const segments = typeof digits === "string" ? [digits] : digits;
  return trainOf(segments.map((segment) => new Uint8Array(Buffer.from(segment, "hex"))));
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
