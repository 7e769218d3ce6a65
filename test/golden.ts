import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

/** The text is that of the file. With UPDATE=1 the file is rewritten, and the difference is for a person to review. */
export function expectGolden(file: URL, actual: string): void {
  if (process.env["UPDATE"] === "1") writeFileSync(file, actual);
  expect(existsSync(file) ? readFileSync(file, "utf8") : "no such file; UPDATE=1 writes it").toBe(actual);
}
