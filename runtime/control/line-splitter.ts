const NEWLINE = 0x0a;
const FIRST_CAPACITY = 1024;

/** Splits a stream of bytes into lines. A line over the limit is reported once and skipped. */
export class LineSplitter {
  readonly #longest: number;
  readonly #line: (text: string) => void;
  readonly #tooLong: () => void;
  /** Begin of a line whose end has not arrived. It is copied, so that many small reads take no more memory than one. */
  #begun = Buffer.alloc(0);
  #length = 0;
  #isSkipping = false;

  /** `longest` is the limit in bytes, without the newline. */
  constructor(longest: number, line: (text: string) => void, tooLong: () => void) {
    this.#longest = longest;
    this.#line = line;
    this.#tooLong = tooLong;
  }

  push(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#end(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#begin(bytes.subarray(start));
  }

  /** Takes a piece of a line that goes on. */
  #begin(piece: Buffer): void {
    if (piece.length === 0 || this.#isTooLong(piece)) return;
    const length = this.#length + piece.length;
    if (length > this.#begun.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#begun.length, FIRST_CAPACITY));
      this.#begun.copy(larger, 0, 0, this.#length);
      this.#begun = larger;
    }
    piece.copy(this.#begun, this.#length);
    this.#length = length;
  }

  /** Takes the last piece of a line. */
  #end(piece: Buffer): void {
    if (!this.#isTooLong(piece)) {
      const line = Buffer.concat([this.#begun.subarray(0, this.#length), piece]).toString("utf8");
      if (line.trim() !== "") this.#line(line);
    }
    this.#begun = Buffer.alloc(0);
    this.#length = 0;
    this.#isSkipping = false;
  }

  #isTooLong(piece: Buffer): boolean {
    if (this.#isSkipping) return true;
    if (this.#length + piece.length <= this.#longest) return false;
    this.#isSkipping = true;
    this.#begun = Buffer.alloc(0);
    this.#length = 0;
    this.#tooLong();
    return true;
  }
}
