/**
 * Packets as bytes: `f_bytes` and `f_packet`, and the form by which packets are compared. The form is the packet field of docs/wire.md
 * with hop count 0.
 */
import { Address } from "./address.ts";
import { decodeAllFields } from "./decode-fields.ts";
import { encodeBody } from "./encode.ts";
import { MESSAGE_MAX } from "./encoding-limits.ts";
import { Packet } from "./packet.ts";
import { holdsPacket } from "./holds-packet.ts";
import { hasTooManyLayers } from "./packet-layers.ts";
import { Reader } from "./reader.ts";
import { PACKET } from "./tags.ts";
import { segmentsOf, trainOf } from "./train.ts";
import { packetCount, segmentAt } from "./train-segments.ts";
import type { Value, Values } from "./value.ts";
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
  if (packet.tuple !== undefined && isPlain(packet)) {
    const content = encodeBody(packet.tuple.args);
    return content && [content];
  }
  const contents: Uint8Array[] = [];
  for (let at = 0; at < packetCount(packet); at++) {
    const { tuple, body } = segmentAt(packet, at) as Packet;
    const content = tuple === undefined ? bodyWithoutHops(body as Uint8Array) : encodeBody(tuple.args.map(withoutHops));
    if (content === undefined) return undefined;
    contents.push(content);
  }
  return contents;
}

/** Whether the packet is no train and has no packet inside. Its encoded arguments then hold no hop count. */
function isPlain(packet: Packet): boolean {
  return packet.layers === 1 && packetCount(packet) === 1;
}

/** Returns an encoded body with hop count 0 in all packets inside it. Returns malformed bytes unchanged. */
function bodyWithoutHops(body: Uint8Array): Uint8Array {
  const fields = decodeAllFields(body);
  if (fields === undefined || !fields.some(holdsPacket)) return body;
  return encodeBody(fields.map(withoutHops)) ?? body;
}

/** Returns the value with hop count 0 in all packets inside it. */
function withoutHops(value: Value): Value {
  if (!holdsPacket(value)) return value;
  if (value instanceof Packet) return packetWithoutHops(value);
  if (value instanceof Address)
    return new Address(value.overlay, withoutHops(value.node), value.options.map(withoutHops));
  return (value as Values).map(withoutHops);
}

/** Returns a packet whose encoding has hop count 0: the encoder adds 1 to the count of a packet in transit. */
function packetWithoutHops(packet: Packet): Packet {
  const { hash, tuple, body } = packet;
  if (tuple !== undefined) return packet.with(tuple.args.map(withoutHops), undefined);
  return Packet.inTransit(hash, -1, bodyWithoutHops(body as Uint8Array));
}

function packetOfSegment(bytes: Uint8Array): Packet | undefined {
  if (bytes.length > MESSAGE_MAX || hasTooManyLayers(bytes, 0, bytes.length)) return undefined;
  const reader = new Reader(bytes, 0, bytes.length);
  const value = reader.field(0);
  return reader.isAtEnd && value instanceof Packet ? value : undefined;
}
