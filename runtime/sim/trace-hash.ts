import { createHash } from "node:crypto";

/** Datagrams are collected and hashed in large chunks, at a fraction of the cost of hashing each. */
const CHUNK_BYTES = 1 << 20;
const HEADER_BYTES = 20;

/** Hash of all deliveries of a simulated network, in order. Equal hashes mean equal runs. */
export class TraceHash {
  readonly #hash = createHash("sha256");
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  readonly #view = new DataView(this.#chunk.buffer);
  #length = 0;

  /** Adds a delivery. `from` and `to` are the numbers of the hosts; `time` is in seconds. */
  add(time: number, from: number, to: number, bytes: Uint8Array): void {
    if (this.#length + HEADER_BYTES + bytes.length > CHUNK_BYTES) this.#flush();
    const at = this.#length;
    this.#view.setFloat64(at, time);
    this.#view.setUint32(at + 8, from);
    this.#view.setUint32(at + 12, to);
    this.#view.setUint32(at + 16, bytes.length);
    this.#length = at + HEADER_BYTES;
    this.#append(bytes);
  }

  /** Returns the hash of all deliveries so far, in hexadecimal. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest("hex");
  }

  #append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > CHUNK_BYTES) {
      this.#flush();
      this.#hash.update(bytes);
      return;
    }
    this.#chunk.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #flush(): void {
    this.#hash.update(this.#chunk.subarray(0, this.#length));
    this.#length = 0;
  }
}
