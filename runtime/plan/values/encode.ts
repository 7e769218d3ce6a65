/** Encoding of tuples: DatagramBuilder calls it for each tuple that leaves. The format is specified in docs/wire.md. */
import { Address } from "./address.ts";
import { LAYERS_MAX, Packet } from "./packet.ts";
import type { Values, Value } from "./value.ts";
import { DEPTH_MAX, HOPS_MAX, MESSAGE_MAX } from "./encoding-limits.ts";
import { ADDRESS, BYTES, FALSE, FLOAT, ID, INTEGER, LIST, NULL, PACKET, STRING, TRUE } from "./tags.ts";
import { Writer } from "./writer.ts";

/** Reason for which a tuple cannot be sent. */
export type EncodeRefusal = "hop limit" | "too deep" | "too large";

/** Number of written bytes after which encoding stops: the tuple is already too large. */
const WRITTEN_MAX: number = 2 * MESSAGE_MAX;

/** Appends a tuple: its hash, the length of its fields, its fields. If it is refused, the writer is unchanged. */
export function encodeTuple(writer: Writer, hash: number, args: Values): EncodeRefusal | undefined {
  const before = writer.length;
  const refused = encodeContent(writer, hash, args);
  if (refused !== undefined) writer.truncate(before);
  return refused;
}

/** Appends the tuple in an encoded packet: its hash, the length of its body, its body. */
export function encodeTupleOfPacket(writer: Writer, hash: number, body: Uint8Array): EncodeRefusal | undefined {
  if (body.length > MESSAGE_MAX) return "too large";
  writer.u32(hash);
  writer.blob(body);
  return undefined;
}

/** Encodes the fields of a tuple for use on this node. Returns undefined if no datagram could hold them. */
export function encodeBody(args: Values): Uint8Array | undefined {
  const writer = new Writer();
  return encodeFields(writer, args, 0) === undefined ? writer.copy(0, writer.length) : undefined;
}

function encodeContent(writer: Writer, hash: number, args: Values): EncodeRefusal | undefined {
  writer.u32(hash);
  const start = writer.openLength();
  const refused = encodeFields(writer, args, 0);
  if (refused === undefined) writer.closeLength(start);
  return refused;
}

function encodeFields(writer: Writer, values: Values, depth: number): EncodeRefusal | undefined {
  for (let at = 0; at < values.length; at++) {
    const refused = encodeField(writer, values[at] as Value, depth);
    if (refused !== undefined) return refused;
    if (writer.length > WRITTEN_MAX) return "too large";
  }
  return undefined;
}

function encodeField(writer: Writer, value: Value, depth: number): EncodeRefusal | undefined {
  switch (typeof value) {
    case "string":
      return encodeText(writer, value);
    case "number":
      encodeNumber(writer, value);
      return undefined;
    case "boolean":
      writer.byte(value ? TRUE : FALSE);
      return undefined;
    case "bigint":
      writer.byte(ID);
      writer.id(value);
      return undefined;
    default:
      return encodeObject(writer, value, depth);
  }
}

function encodeText(writer: Writer, text: string): EncodeRefusal | undefined {
  if (text.length > MESSAGE_MAX) return "too large";
  writer.byte(STRING);
  writer.text(text);
  return undefined;
}

/** Writes a safe integer as INTEGER and any other number as FLOAT, so that each number has one encoding. -0 is written as 0. */
function encodeNumber(writer: Writer, number: number): void {
  if (Number.isSafeInteger(number)) {
    writer.byte(INTEGER);
    writer.integer(number);
  } else {
    writer.byte(FLOAT);
    writer.float(number);
  }
}

function encodeObject(
  writer: Writer,
  value: Exclude<Value, string | number | boolean | bigint>,
  depth: number,
): EncodeRefusal | undefined {
  if (value === null) return encodeNull(writer);
  if (value instanceof Uint8Array) return encodeBytes(writer, value);
  if (value instanceof Packet) return encodePacket(writer, value);
  if (depth === DEPTH_MAX) return "too deep";
  if (value instanceof Address) return encodeAddress(writer, value, depth + 1);
  writer.byte(LIST);
  writer.varint(value.length);
  return encodeFields(writer, value, depth + 1);
}

function encodeNull(writer: Writer): undefined {
  writer.byte(NULL);
}

function encodeBytes(writer: Writer, bytes: Uint8Array): EncodeRefusal | undefined {
  if (bytes.length > MESSAGE_MAX) return "too large";
  writer.byte(BYTES);
  writer.blob(bytes);
  return undefined;
}

function encodeAddress(writer: Writer, { overlay, node, options }: Address, depth: number): EncodeRefusal | undefined {
  writer.byte(ADDRESS);
  writer.text(overlay);
  const refused = encodeField(writer, node, depth);
  if (refused !== undefined) return refused;
  writer.varint(options.length);
  return encodeFields(writer, options, depth);
}

/**
 * Writes a packet. A packet in transit keeps its body unchanged, and its hop count grows by one. The nesting of the lists in a packet is
 * counted from the packet on, because a node that forwards the packet does not see them.
 */
function encodePacket(writer: Writer, packet: Packet): EncodeRefusal | undefined {
  const { body, tuple, hash } = packet;
  if (packet.layers > LAYERS_MAX) return "too deep";
  const hops = body === undefined ? packet.hops : packet.hops + 1;
  if (hops > HOPS_MAX) return "hop limit";
  writer.byte(PACKET);
  writer.byte(hops);
  if (body === undefined) return encodeContent(writer, hash, tuple?.args ?? []);
  if (body.length > MESSAGE_MAX) return "too large";
  writer.u32(hash);
  writer.blob(body);
  return undefined;
}
