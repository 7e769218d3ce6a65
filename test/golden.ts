import { readFileSync, writeFileSync } from "node:fs";

/** What the text must be: the file's. With UPDATE=1 the file is rewritten, and the difference is for a person to review. */
export function golden(file: URL, actual: string): string {
  if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
  return readFileSync(file, "utf8");
}
