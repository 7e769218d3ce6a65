/** Room for bytes that sockets hold. */
export class ByteBudget {
  used = 0;
  /** How often there was too little. */
  refused = 0;
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether so many more bytes fit; counts when they do not. */
  fits(bytes: number): boolean {
    if (this.used + bytes <= this.limit) return true;
    this.refused++;
    return false;
  }

  /** Takes room, whether there is any or not. */
  reserve(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}
