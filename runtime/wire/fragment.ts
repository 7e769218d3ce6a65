/** Fragments: datagrams that carry pieces of a message that is longer than one datagram. */
import { fnv1a } from "../plan/values/fnv1a.ts";
import { FRAGMENT_FLAG, HEADER_BYTES, writeHeader } from "./header.ts";
import { MESSAGE_MAX } from "../plan/values/encoding-limits.ts";
import { FRAGMENTS_MAX } from "./limits.ts";

/** Length of the header of a fragment: datagram header, message id (4 bytes), index of the piece and count of pieces (2 bytes each). */
export const FRAGMENT_HEADER_BYTES: number = HEADER_BYTES + 8;

/** Fragment with its header decoded. `index` counts from 0. */
export interface Fragment {
  readonly message: number;
  readonly index: number;
  readonly count: number;
  readonly piece: Uint8Array;
}

/**
 * Returns the id of a message, a hash of its bytes. A restarted sender thus needs no record of used ids, pieces of equal messages can
 * replace each other, and the receiver can verify the assembled message.
 */
export function messageId(message: Uint8Array): number {
  return fnv1a(message);
}

/** Splits a message into datagrams. Returns undefined if the message is too long, or needs too many datagrams of `maxPayload` bytes. */
export function splitMessage(message: Uint8Array, maxPayload: number): readonly Uint8Array[] | undefined {
  const size = maxPayload - FRAGMENT_HEADER_BYTES;
  const count = Math.ceil(message.length / size);
  if (size <= 0 || message.length > MESSAGE_MAX || count > FRAGMENTS_MAX) return undefined;
  const id = messageId(message);
  return Array.from({ length: count }, (_, index) =>
    fragmentBytes({ message: id, index, count, piece: message.subarray(index * size, (index + 1) * size) }),
  );
}

function fragmentBytes({ message, index, count, piece }: Fragment): Uint8Array {
  const bytes = new Uint8Array(FRAGMENT_HEADER_BYTES + piece.length);
  writeHeader(bytes, FRAGMENT_FLAG);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER_BYTES, message);
  view.setUint16(HEADER_BYTES + 4, index);
  view.setUint16(HEADER_BYTES + 6, count);
  bytes.set(piece, FRAGMENT_HEADER_BYTES);
  return bytes;
}

/** Decodes a datagram that has the fragment flag. Returns undefined if it is too short, or its index or count is impossible. */
export function readFragment(bytes: Uint8Array): Fragment | undefined {
  if (bytes.length <= FRAGMENT_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAGMENT_HEADER_BYTES);
  const index = view.getUint16(HEADER_BYTES + 4);
  const count = view.getUint16(HEADER_BYTES + 6);
  if (count < 2 || count > FRAGMENTS_MAX || index >= count) return undefined;
  return { message: view.getUint32(HEADER_BYTES), index, count, piece: bytes.subarray(FRAGMENT_HEADER_BYTES) };
}
