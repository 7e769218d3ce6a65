import { readSync } from "node:fs";

/** Maximum size of the standard input. No program is as long. */
const LONGEST_INPUT_BYTES = 256 << 20;
const PIECE_BYTES = 64 << 10;
const RETRY_MS = 10;

/** Reads the standard input to its end. Undefined if it cannot be read or is too long. */
export function readStandardInputBytes(): Buffer | undefined {
  const pieces: Uint8Array[] = [];
  const piece = new Uint8Array(PIECE_BYTES);
  for (let size = 0; size <= LONGEST_INPUT_BYTES; ) {
    const count = readPiece(piece);
    if (count === undefined) return undefined;
    if (count === 0) return Buffer.concat(pieces);
    pieces.push(piece.slice(0, count));
    size += count;
  }
  return undefined;
}

/** Returns the number of bytes read, 0 at the end. Undefined if the standard input cannot be read. */
function readPiece(into: Uint8Array): number | undefined {
  for (;;) {
    try {
      return readSync(0, into);
    } catch (error: unknown) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") return undefined;
      // Another process has made the pipe non-blocking.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
