import { readFileSync } from "node:fs";

/** Skipped test with its reason. */
export interface Skip {
  readonly file: string;
  readonly test: string;
  readonly reason: string;
}

/** Returns the name of a test in `test/skips-allowed.txt`: its file, ` > `, its full name. */
export function skipName(skip: Skip): string {
  return `${skip.file} > ${skip.test}`;
}

const ALLOWED_SKIPS: URL = new URL("../skips-allowed.txt", import.meta.url);

/** Reads the tests that may be skipped although everything is installed: one name per line, `#` begins a comment line. */
export function readAllowedSkips(file: string | URL = ALLOWED_SKIPS): ReadonlySet<string> {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim());
  return new Set(lines.filter((line) => line !== "" && !line.startsWith("#")));
}
