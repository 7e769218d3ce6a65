import { ADDRESS, LIST, PACKET } from "../../runtime/plan/values/tags.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import type { RandomStream } from "../../runtime/world/random.ts";

/** Varints at the edges of what a reader accepts, some of them longer than necessary or without an end. */
const VARINTS: readonly (readonly number[])[] = [
  [0],
  [1],
  [0x7f],
  [0x80, 0x00],
  [0x80, 0x01],
  [0xff, 0x7f],
  [0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];
const LAYERS_MAX = 40;
/** Longest encoding that a mutation makes. */
const BYTES_MAX = 4096;

/** Random changes of encodings. One stream decides all of them, so a seed repeats them. */
export class MutatedBytes {
  readonly #random: RandomStream;
  readonly #valid: readonly Uint8Array[];

  /** `valid` are the encodings that are changed, and the sources of pieces that are put into others. */
  constructor(random: RandomStream, valid: readonly Uint8Array[]) {
    this.#random = random;
    this.#valid = valid;
  }

  /** Returns one of the valid encodings after one to three changes. */
  next(): Uint8Array {
    let bytes = this.#pick();
    for (let changes = 1 + this.#integer(3); changes > 0; changes--) bytes = this.#changed(bytes);
    return bytes.length > BYTES_MAX ? bytes.slice(0, BYTES_MAX) : bytes;
  }

  #changed(bytes: Uint8Array): Uint8Array {
    switch (this.#integer(9)) {
      case 0:
        return this.#with(bytes, (byte) => byte ^ (1 << this.#integer(8)));
      case 1:
        return this.#with(bytes, () => this.#integer(256));
      case 2:
        return this.#with(bytes, () => this.#integer(12));
      case 3:
        return this.#with(bytes, (byte) => byte + (this.#integer(2) === 0 ? 1 : 255));
      case 4:
        return bytes.slice(0, this.#integer(bytes.length + 1));
      case 5:
        return this.#replaced(bytes, this.#piece(), 0);
      case 6:
        return this.#spliced(bytes);
      case 7:
        return this.#replaced(bytes, VARINTS[this.#integer(VARINTS.length)] as readonly number[], this.#integer(5));
      default:
        return nested(bytes, this.#integer(3), this.#integer(LAYERS_MAX));
    }
  }

  #with(bytes: Uint8Array, change: (byte: number) => number): Uint8Array {
    if (bytes.length === 0) return bytes;
    const changed = bytes.slice();
    const at = this.#integer(changed.length);
    changed[at] = change(changed[at] as number) & 0xff;
    return changed;
  }

  /** Puts a piece in the place of `removed` bytes. */
  #replaced(bytes: Uint8Array, piece: ArrayLike<number>, removed: number): Uint8Array {
    const at = this.#integer(bytes.length + 1);
    const rest = bytes.subarray(at + removed);
    const joined = new Uint8Array(at + piece.length + rest.length);
    joined.set(bytes.subarray(0, at));
    joined.set(piece, at);
    joined.set(rest, at + piece.length);
    return joined;
  }

  /** Returns the beginning of one encoding and the end of another. */
  #spliced(bytes: Uint8Array): Uint8Array {
    const other = this.#pick();
    return Buffer.concat([
      bytes.subarray(0, this.#integer(bytes.length + 1)),
      other.subarray(this.#integer(other.length + 1)),
    ]);
  }

  #piece(): Uint8Array {
    const other = this.#pick();
    const at = this.#integer(other.length + 1);
    return other.subarray(at, at + this.#integer(40));
  }

  #pick(): Uint8Array {
    return this.#valid[this.#integer(this.#valid.length)] as Uint8Array;
  }

  #integer(below: number): number {
    return this.#random.integer(below);
  }
}

/** Puts the bytes as a field into lists, addresses or packets, `layers` deep. */
function nested(bytes: Uint8Array, kind: number, layers: number): Uint8Array {
  let inner = bytes;
  for (let layer = 0; layer < layers && inner.length < BYTES_MAX; layer++) {
    const writer = new Writer();
    if (kind === 0) writer.byte(LIST);
    else if (kind === 1) for (const byte of [ADDRESS, 1, 0x7a]) writer.byte(byte);
    else for (const byte of [PACKET, 0, 0, 0, 0, 1]) writer.byte(byte);
    if (kind === 0) writer.byte(1);
    if (kind === 2) writer.varint(inner.length);
    const end = kind === 1 ? [0] : [];
    inner = Buffer.concat([writer.copy(0, writer.length), inner, Uint8Array.from(end)]);
  }
  return inner;
}
