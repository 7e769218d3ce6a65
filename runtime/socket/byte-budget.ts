/** Budget of bytes that the sockets of a node may buffer. */
export class ByteBudget {
  used = 0;
  /** Number of refused requests. */
  refused = 0;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Returns whether `bytes` more bytes fit. Counts a refusal if they do not fit. */
  fits(bytes: number): boolean {
    if (this.used + bytes <= this.limit) return true;
    this.refused++;
    return false;
  }

  /** Adds to the bytes in use, even beyond the limit. */
  reserve(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}
