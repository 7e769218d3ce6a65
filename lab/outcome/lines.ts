import type { Readable } from "node:stream";
import { createInterface } from "node:readline";

/** Calls `take` for each line that a process prints. */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", take);
}
