import { readFileSync, writeFileSync } from "node:fs";

/** Returns the expected text from a file. UPDATE=1 first overwrites the file with `actual`; review the difference. */
export function golden(file: URL, actual: string): string {
  if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
  return readFileSync(file, "utf8");
}
