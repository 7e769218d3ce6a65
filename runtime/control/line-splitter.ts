const NEWLINE = 0x0a;

/** Splits a stream of bytes into lines. A line over the limit is reported once and skipped. */
export class LineSplitter {
  readonly #longest: number;
  readonly #line: (text: string) => void;
  readonly #tooLong: () => void;
  #pieces: Buffer[] = [];
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
      this.#take(bytes.subarray(start, end));
      this.#end();
      start = end + 1;
    }
    this.#take(bytes.subarray(start));
  }

  #take(piece: Buffer): void {
    if (this.#isSkipping || piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length <= this.#longest) {
      this.#pieces.push(piece);
      return;
    }
    this.#isSkipping = true;
    this.#pieces = [];
    this.#tooLong();
  }

  #end(): void {
    const line = this.#isSkipping ? undefined : Buffer.concat(this.#pieces).toString("utf8");
    this.#pieces = [];
    this.#length = 0;
    this.#isSkipping = false;
    if (line !== undefined && line.trim() !== "") this.#line(line);
  }
}
