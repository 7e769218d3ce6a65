import { readFileSync } from "node:fs";

/** A test that did not run, and why. */
export interface Skip {
  readonly file: string;
  readonly test: string;
  readonly reason: string;
}

/** The name under which `test/skips-allowed.txt` lists a test: its file, ` > `, its full name. */
export function skipName(skip: Skip): string {
  return `${skip.file} > ${skip.test}`;
}

const REVIEWED: URL = new URL("../skips-allowed.txt", import.meta.url);

/** The tests that may be skipped where everything is installed: one name a line, `#` begins a comment line. */
export function readAllowedSkips(file: string | URL = REVIEWED): ReadonlySet<string> {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim());
  return new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
}
