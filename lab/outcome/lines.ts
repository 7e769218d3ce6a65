import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** Calls `onLine` for each line of a stream, without its line end. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", onLine);
}
