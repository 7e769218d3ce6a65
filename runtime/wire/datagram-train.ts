import type { Train } from "../plan/values/train.ts";

/**
 * Datagrams for one destination, one per segment of a train. Each consists of `head`, a segment and `tail`. The last one has a separate
 * head and tail, because a shorter segment changes the length fields around it.
 */
export interface DatagramTrain {
  readonly train: Train;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly lastHead: Uint8Array;
  readonly lastTail: Uint8Array;
}

/** Returns the datagrams as separate byte strings. */
export function datagramsOf({ train, head, tail, lastHead, lastTail }: DatagramTrain): readonly Uint8Array[] {
  return train.segments().map((segment, index) => {
    const isLast = index === train.count - 1;
    return concat(isLast ? lastHead : head, segment, isLast ? lastTail : tail);
  });
}

/** Returns the sum of the lengths of all datagrams, in bytes. */
export function totalBytes({ train, head, tail, lastHead, lastTail }: DatagramTrain): number {
  return train.size + (train.count - 1) * (head.length + tail.length) + lastHead.length + lastTail.length;
}

function concat(head: Uint8Array, segment: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + segment.length + tail.length);
  bytes.set(head);
  bytes.set(segment, head.length);
  bytes.set(tail, head.length + segment.length);
  return bytes;
}
