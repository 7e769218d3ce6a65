import type { Train } from "../plan/values/train.ts";

/**
 * Datagrams for one place that differ in what one train put into them: each is `head`, a row of the train and `tail`; the
 * last, whose row may be shorter, has a head and a tail of its own.
 */
export interface DatagramTrain {
  readonly train: Train;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly lastHead: Uint8Array;
  readonly lastTail: Uint8Array;
}

/** The datagrams one by one. */
export function datagramsOf({ train, head, tail, lastHead, lastTail }: DatagramTrain): readonly Uint8Array[] {
  return train.segments().map((row, index) => {
    const isLast = index === train.count - 1;
    return concat(isLast ? lastHead : head, row, isLast ? lastTail : tail);
  });
}

/** The bytes of all datagrams together. */
export function totalBytes({ train, head, tail, lastHead, lastTail }: DatagramTrain): number {
  return train.size + (train.count - 1) * (head.length + tail.length) + lastHead.length + lastTail.length;
}

function concat(head: Uint8Array, row: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + row.length + tail.length);
  bytes.set(head);
  bytes.set(row, head.length);
  bytes.set(tail, head.length + row.length);
  return bytes;
}
