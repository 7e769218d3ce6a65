import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";

/** Case of a text file: an input and its expected outcome. */
interface TextCase {
  readonly name: string;
  readonly input: string;
  readonly expected: string;
}

const UPDATE = process.env["UPDATE"] === "1";

/**
 * Registers a test for each case of a text file. A case has the form
 *
 *   = name
 *   input
 *   ==>
 *   result of `evaluate` for the input
 *
 * and ends at the next case; blank lines at its end are ignored. UPDATE=1 rewrites the file with the actual results. Review the
 * difference before you commit it.
 */
export function testCases(file: URL, evaluate: (input: string) => string): void {
  const actualCases: TextCase[] = [];
  test.each(casesIn(readFileSync(file, "utf8")))("$name", ({ name, input, expected }) => {
    const actual = evaluate(input).trimEnd();
    actualCases.push({ name, input, expected: actual });
    expect(actual).toBe(UPDATE ? actual : expected);
  });
  if (UPDATE) afterAll(() => writeFileSync(file, actualCases.map(formatCase).join("\n")));
}

function casesIn(text: string): readonly TextCase[] {
  return text.split(/^= /m).slice(1).map(readCase);
}

function readCase(text: string): TextCase {
  const [head = "", expected = ""] = text.split(/^==>\n/m);
  const newline = head.indexOf("\n");
  return { name: head.slice(0, newline), input: head.slice(newline + 1), expected: expected.trimEnd() };
}

function formatCase({ name, input, expected }: TextCase): string {
  return `= ${name}\n${input}==>\n${expected}\n`;
}
