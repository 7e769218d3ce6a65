import { createHash } from "node:crypto";

const CHUNK = 65_536;

/** Returns `length` bytes without repetition nearby. */
export function* pattern(bytes: number): Generator<Uint8Array> {
  let state = 1;
  for (let left = bytes; left > 0; left -= CHUNK) {
    const words = new Uint32Array(CHUNK / 4);
    for (let at = 0; at < words.length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      words[at] = state ^ (state >>> 15);
    }
    yield new Uint8Array(words.buffer, 0, Math.min(left, CHUNK));
  }
}

/** Returns the SHA-256 of these bytes. */
export function digestOf(bytes: number): string {
  const hash = createHash("sha256");
  for (const chunk of pattern(bytes)) hash.update(chunk);
  return hash.digest("hex");
}
