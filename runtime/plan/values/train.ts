/** Where the rows of a train are, counted from the first. */
export interface TrainLayout {
  readonly count: number;
  readonly stride: number;
  readonly lastAt: number;
  readonly lastLength: number;
  /** With how many bytes all rows of full length are known to begin alike; 0 when left out: nobody has looked. */
  readonly commonPrefix?: number;
}

/**
 * Byte strings that came together and are treated as one: packets of one flow, or what stood in their place in each of
 * several datagrams. As bytes it is the first of them; whoever sends or writes it does so with each. All have one length
 * and lie `stride` apart, except that the last may be shorter, and elsewhere.
 */
export class Train extends Uint8Array<ArrayBufferLike> {
  readonly count: number;
  readonly stride: number;
  readonly lastAt: number;
  readonly lastLength: number;
  readonly commonPrefix: number;

  /** The layout is that of a train of at least two rows within the buffer. */
  constructor(buffer: ArrayBufferLike, offset: number, length: number, layout: TrainLayout) {
    super(buffer, offset, length);
    this.count = layout.count;
    this.stride = layout.stride;
    this.lastAt = layout.lastAt;
    this.lastLength = layout.lastLength;
    this.commonPrefix = layout.commonPrefix ?? 0;
  }

  /** A part of a row, or a copy of it, is bytes. */
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

  /** The bytes of all rows together. */
  get size(): number {
    return (this.count - 1) * this.length + this.lastLength;
  }
}

/**
 * Whether bytes are a train: whether they have what only trains have. `instanceof` costs several times as much of a class that
 * extends a typed array, and is asked of each packet a dozen times.
 */
export function isTrain(bytes: Uint8Array): bytes is Train {
  return (bytes as Partial<Train>).count !== undefined;
}

/** A train in memory of its own; `rows` are one, or several as a train has them. */
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

/** Bytes and trains as single rows. */
export function segmentsOf(bytes: Uint8Array): readonly Uint8Array[] {
  return isTrain(bytes) ? bytes.segments() : [bytes];
}

/** How many rows that are. */
export function segmentCount(bytes: Uint8Array): number {
  return isTrain(bytes) ? bytes.count : 1;
}

/** The same bytes in memory of their own. */
export function ownedBytes(bytes: Uint8Array): Uint8Array {
  return trainOf(segmentsOf(bytes));
}
