/**
 * The bound on packets inside packets, for bytes that another node sent. Admission calls `hasTooManyLayers` before it decodes a tuple:
 * without the bound, a datagram could make a node unwrap thousands of layers, each with work for all bytes inside it. `visitPackets`
 * finds the packets by the same scan.
 */
import { LAYERS_MAX } from "./packet.ts";
import { DEPTH_MAX } from "./encoding-limits.ts";
import { ADDRESS, BYTES, FALSE, FLOAT, ID, INTEGER, LIST, NULL, PACKET, STRING, TRUE } from "./tags.ts";

/** Length of the shortest packet: tag, hops, wire hash, length. */
const PACKET_BYTES = 7;
const PACKET_PREFIX = 6;
const FLOAT_BYTES = 8;

/** Bytes that the scan reads, and its position in them. Module variables, since a scan must allocate nothing. */
let input: Uint8Array = new Uint8Array(0);
let at = 0;
let visitor: PacketVisitor | undefined;

/** Receives the wire hash of a packet, the start and end of its body, and the position of its hop count. */
export type PacketVisitor = (hash: number, start: number, end: number, hopsAt: number) => void;

/**
 * Returns whether the fields between `start` and `end` hold packets in more than `LAYERS_MAX` layers. Reads each byte at most once, skips
 * the content of strings and byte strings, and allocates nothing. A malformed field ends the scan of its body; the decoder refuses it.
 */
export function hasTooManyLayers(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= LAYERS_MAX * PACKET_BYTES) return false;
  input = bytes;
  at = start;
  return fieldsExceed(end, 0);
}

/**
 * Calls `visit` for each packet in the fields between `start` and `end`, and for the packets inside it, up to `LAYERS_MAX` layers. `visit`
 * must not start another scan. The scan ends at a malformed field.
 */
export function visitPackets(bytes: Uint8Array, start: number, end: number, visit: PacketVisitor): void {
  input = bytes;
  at = start;
  visitor = visit;
  fieldsExceed(end, 0);
  visitor = undefined;
}

/** Reads fields up to `end`. Returns whether they hold too many layers. Recursion is limited by `LAYERS_MAX` and `DEPTH_MAX`. */
function fieldsExceed(end: number, layers: number): boolean {
  while (at < end) if (fieldExceeds(end, layers, 0)) return true;
  at = end;
  return false;
}

/** Reads a field. A malformed one moves the position to `end`, so that the caller reads no more of this body. */
function fieldExceeds(end: number, layers: number, depth: number): boolean {
  switch (input[at++]) {
    case NULL:
    case FALSE:
    case TRUE:
      return false;
    case INTEGER:
      varint(end);
      return false;
    case FLOAT:
      return skip(FLOAT_BYTES, end);
    case ID:
      return skip(1 + (input[at] ?? 0), end);
    case STRING:
    case BYTES:
      return skip(varint(end), end);
    case PACKET:
      return packetExceeds(end, layers + 1);
    case LIST:
      return depth < DEPTH_MAX ? itemsExceed(varint(end), end, layers, depth + 1) : skip(end, end);
    case ADDRESS:
      return depth < DEPTH_MAX ? addressExceeds(end, layers, depth + 1) : skip(end, end);
    default:
      return skip(end, end);
  }
}

function packetExceeds(end: number, layers: number): boolean {
  if (layers > LAYERS_MAX) return true;
  const hashAt = at + 1;
  at += PACKET_PREFIX - 1;
  const length = varint(end);
  const bodyEnd = Math.min(at + length, end);
  visitor?.(u32(hashAt), at, bodyEnd, hashAt - 1);
  return fieldsExceed(bodyEnd, layers);
}

function itemsExceed(count: number, end: number, layers: number, depth: number): boolean {
  for (let left = count; left > 0 && at < end; left--) if (fieldExceeds(end, layers, depth)) return true;
  return false;
}

/** Reads the name of the overlay, the node, and the options. */
function addressExceeds(end: number, layers: number, depth: number): boolean {
  skip(varint(end), end);
  if (at >= end) return false;
  return fieldExceeds(end, layers, depth) || itemsExceed(varint(end), end, layers, depth);
}

function skip(length: number, end: number): false {
  at = Math.min(at + length, end);
  return false;
}

function u32(offset: number): number {
  const high = ((input[offset] ?? 0) << 8) | (input[offset + 1] ?? 0);
  const low = ((input[offset + 2] ?? 0) << 8) | (input[offset + 3] ?? 0);
  return high * 0x10000 + low;
}

/** Reads a varint. */
function varint(end: number): number {
  let number = 0;
  for (let scale = 1; at < end; scale *= 128) {
    const byte = input[at++] as number;
    number += (byte & 127) * scale;
    if (byte < 128) return number;
  }
  return number;
}
