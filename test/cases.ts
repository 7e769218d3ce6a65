import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";

/** One behaviour in a text file: what is given, and what comes of it. */
interface TextCase {
  readonly name: string;
  readonly input: string;
  readonly expected: string;
}

const UPDATE = process.env["UPDATE"] === "1";

/**
 * A test for each case of a text file. A case is
 *
 *   = its name
 *   the input
 *   ==>
 *   what `outcome` makes of it
 *
 * and ends where the next begins; blank lines at its end do not count. With UPDATE=1 the file is rewritten with what
 * comes of each input, and the difference is for a person to review.
 */
export function testCases(file: URL, outcome: (input: string) => string): void {
  const outcomes: TextCase[] = [];
  test.each(casesIn(readFileSync(file, "utf8")))("$name", ({ name, input, expected }) => {
    const actual = outcome(input).trimEnd();
    outcomes.push({ name, input, expected: actual });
    expect(actual).toBe(UPDATE ? actual : expected);
  });
  if (UPDATE) afterAll(() => writeFileSync(file, outcomes.map(formatCase).join("\n")));
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
