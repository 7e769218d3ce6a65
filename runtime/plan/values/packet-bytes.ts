/**
 * Packets as bytes: `f_bytes` and `f_packet`, and the form by which packets are compared. The form is the packet field of docs/wire.md
 * with hop count 0.
 */
import { Address } from "./address.ts";
import { encodeBody } from "./encode.ts";
import { HOPS_MAX, MESSAGE_MAX } from "./encoding-limits.ts";
import { Packet } from "./packet.ts";
import { hasTooManyLayers, visitPackets } from "./packet-layers.ts";
import { Reader } from "./reader.ts";
import { PACKET } from "./tags.ts";
import { segmentsOf, trainOf } from "./train.ts";
import { packetCount, segmentAt } from "./train-segments.ts";
import type { Value } from "./value.ts";
import { Writer } from "./writer.ts";

/** Returns the bytes of a packet, or a train of bytes for a packet train. Returns undefined if no datagram could hold them. */
export function bytesOfPacket(packet: Packet): Uint8Array | undefined {
  const segments: Uint8Array[] = [];
  for (let at = 0; at < packetCount(packet); at++) {
    const bytes = bytesOfSegment(segmentAt(packet, at) as Packet);
    if (bytes === undefined) return undefined;
    segments.push(bytes);
  }
  return trainOf(segments);
}

function bytesOfSegment({ hash, tuple, body }: Packet): Uint8Array | undefined {
  const content = tuple === undefined ? body : encodeBody(tuple.args);
  if (content === undefined) return undefined;
  const writer = new Writer();
  writer.byte(PACKET);
  writer.byte(0);
  writer.u32(hash);
  writer.blob(content);
  return writer.copy(0, writer.length);
}

/** Returns the packet that the bytes encode, or a packet train for a train of bytes. Returns undefined for any other bytes. */
export function packetOfBytes(bytes: Uint8Array): Packet | undefined {
  const [first, ...others] = segmentsOf(bytes).map(packetOfSegment);
  if (first === undefined || others.length === 0) return first;
  const packets = others.filter(
    (packet) => packet !== undefined && packet.hash === first.hash && packet.hops === first.hops,
  );
  if (packets.length < others.length) return undefined;
  const bodies = [first, ...packets].map((packet) => (packet as Packet).body as Uint8Array);
  return Packet.inTransit(first.hash, first.hops, trainOf(bodies));
}

/**
 * Returns the encoded arguments of a packet, or of each packet of a train, with hop count 0 in all packets inside them. So equal packets
 * have equal contents, whether they are decoded or not. Undefined if no datagram could hold the packet.
 */
export function contentsOfPacket(packet: Packet): readonly Uint8Array[] | undefined {
  const contents: Uint8Array[] = [];
  const count = packetCount(packet);
  for (let at = 0; at < count; at++) {
    const { tuple, body, layers } = (count === 1 ? packet : segmentAt(packet, at)) as Packet;
    const args = tuple !== undefined && layers > 1 ? tuple.args.map(withoutHops) : tuple?.args;
    const content = args === undefined ? body : encodeBody(args);
    if (content === undefined) return undefined;
    contents.push(tuple !== undefined && layers === 1 ? content : contentWithoutHops(content));
  }
  return contents;
}

/**
 * Returns encoded arguments with hop count 0 in all packets inside them. Finds the packets by a scan, which costs the same for any nesting.
 * Malformed
 * contents are changed, too. Two contents with equal results differ in hop counts only.
 */
function contentWithoutHops(content: Uint8Array): Uint8Array {
  let copy: Uint8Array | undefined;
  visitPackets(content, 0, content.length, (_hash, _start, _end, hopsAt) => {
    const hops = content[hopsAt] as number;
    if (hops === 0 || hops > HOPS_MAX) return;
    copy ??= Uint8Array.from(content);
    copy[hopsAt] = 0;
  });
  return copy ?? content;
}

/**
 * Returns the value with hop count -1 in each packet in transit. The encoder adds 1, so the count is encoded as 0. Bodies stay unchanged.
 */
function withoutHops(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Packet) return packetWithoutHops(value);
  if (value instanceof Address)
    return new Address(value.overlay, withoutHops(value.node), value.options.map(withoutHops));
  return value.map(withoutHops);
}

function packetWithoutHops(packet: Packet): Packet {
  const { hash, tuple, body } = packet;
  if (tuple !== undefined) return packet.with(tuple.args.map(withoutHops), undefined);
  return Packet.inTransit(hash, -1, body as Uint8Array);
}

function packetOfSegment(bytes: Uint8Array): Packet | undefined {
  if (bytes.length > MESSAGE_MAX || hasTooManyLayers(bytes, 0, bytes.length)) return undefined;
  const reader = new Reader(bytes, 0, bytes.length);
  const value = reader.field(0);
  return reader.isAtEnd && value instanceof Packet ? value : undefined;
}
