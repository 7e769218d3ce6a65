/** Positions of the segments of a train, in bytes from the start of its first segment. */
export interface TrainLayout {
  readonly count: number;
  /** Distance between the starts of consecutive segments, except the last. */
  readonly stride: number;
  /** Start of the last segment. */
  readonly lastAt: number;
  readonly lastLength: number;
  /** Length of a prefix that all segments of full length are known to share. 0 if it was not determined. */
  readonly commonPrefix?: number;
  /** Number of free bytes before each segment, which belong to no other value. 0 by default. */
  readonly headroom?: number;
}

/**
 * Packet train: several byte strings, the segments, that travel through the rules as one value. They are packets of one flow, or the
 * fields that held these packets in consecutive datagrams. As a byte array the train is its first segment; code that sends, writes
 * or counts bytes must handle each segment. All segments have the same length and lie `stride` bytes apart, except the last, which
 * may be shorter and may lie anywhere in the buffer.
 */
export class Train extends Uint8Array<ArrayBufferLike> {
  readonly count: number;
  readonly stride: number;
  readonly lastAt: number;
  readonly lastLength: number;
  readonly commonPrefix: number;
  #headroom: number;

  /** `offset` and `length` describe the first segment. The caller guarantees at least two segments, all within the buffer. */
  constructor(buffer: ArrayBufferLike, offset: number, length: number, layout: TrainLayout) {
    super(buffer, offset, length);
    this.count = layout.count;
    this.stride = layout.stride;
    this.lastAt = layout.lastAt;
    this.lastLength = layout.lastLength;
    this.commonPrefix = layout.commonPrefix ?? 0;
    this.#headroom = layout.headroom ?? 0;
  }

  /**
   * Returns the train of the segments with `before` in front of each, in the memory of this train. Undefined if there is no room for
   * `before`, or if another call has used the room: its result is another value.
   */
  extendedBy(before: Uint8Array): Train | undefined {
    const { length: more } = before;
    const headroom = this.#headroom - more;
    if (headroom < 0) return undefined;
    this.#headroom = 0;
    const { buffer, byteOffset, length, count, stride, lastAt, lastLength } = this;
    const start = byteOffset - more;
    const memory = new Uint8Array(buffer, start, lastAt + more);
    for (let segment = 0; segment < count; segment++) {
      const at = segment === count - 1 ? lastAt : segment * stride;
      for (let byte = 0; byte < more; byte++) memory[at + byte] = before[byte] as number;
    }
    return new Train(buffer, start, length + more, { count, stride, lastAt, lastLength: lastLength + more, headroom });
  }

  /** `slice`, `subarray` and `map` of a train return plain bytes, taken from its first segment. */
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  segment(index: number): Uint8Array {
    const isLast = index === this.count - 1;
    const at = this.byteOffset + (isLast ? this.lastAt : index * this.stride);
    return new Uint8Array(this.buffer, at, isLast ? this.lastLength : this.length);
  }

  segments(): readonly Uint8Array[] {
    return Array.from({ length: this.count }, (_, index) => this.segment(index));
  }

  /** Sum of the lengths of all segments, in bytes. */
  get size(): number {
    return (this.count - 1) * this.length + this.lastLength;
  }
}

/**
 * Returns whether bytes are a train, by a property that only trains have. `instanceof` takes several times as long for a class that
 * extends a typed array, and this function runs about a dozen times per packet.
 */
export function isTrain(bytes: Uint8Array): bytes is Train {
  return (bytes as Partial<Train>).count !== undefined;
}

/** Copies segments into a new train, or a single one into plain bytes. All must have the same length; the last may be shorter. */
export function trainOf(segments: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0), ...others] = segments;
  const last = others.at(-1);
  const bytes = new Uint8Array(segments.reduce((sum, segment) => sum + segment.length, 0));
  let at = 0;
  for (const segment of segments) {
    bytes.set(segment, at);
    at += segment.length;
  }
  if (last === undefined) return bytes;
  const lastLength = last.length;
  return new Train(bytes.buffer, 0, first.length, {
    count: segments.length,
    stride: first.length,
    lastAt: bytes.length - lastLength,
    lastLength,
  });
}

/** Returns the segments of a train, or the bytes themselves if they are no train. */
export function segmentsOf(bytes: Uint8Array): readonly Uint8Array[] {
  return isTrain(bytes) ? bytes.segments() : [bytes];
}

/** Returns the number of segments, 1 for bytes that are no train. */
export function segmentCount(bytes: Uint8Array): number {
  return isTrain(bytes) ? bytes.count : 1;
}

/** Returns a copy of bytes or of a train. */
export function ownedBytes(bytes: Uint8Array): Uint8Array {
  return trainOf(segmentsOf(bytes));
}
