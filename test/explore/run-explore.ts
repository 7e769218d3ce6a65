import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mosaicInProcess } from "../cli/in-process.ts";

const folder: string = mkdtempSync(join(tmpdir(), "mosaic-explore-"));

/** Path of a file in the folder of this run. */
export function fileIn(name: string): string {
  return join(folder, name);
}

/** Writes a file, and returns its path. */
export function written(name: string, text: string): string {
  writeFileSync(fileIn(name), text);
  return fileIn(name);
}

/** Runs `mosaic explore`. A counterexample goes to a file of its own unless the arguments name one. */
export function explore(...args: readonly string[]): ReturnType<typeof mosaicInProcess> {
  return mosaicInProcess("explore", ...args, ...(args.includes("--out") ? [] : ["--out", fileIn("found.json")]));
}
