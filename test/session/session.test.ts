import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runSession } from "./run-session.ts";

const CASES = new URL("cases/", import.meta.url);

interface Case {
  readonly name: string;
  readonly program: string;
  readonly commands: readonly string[];
  readonly expected: string;
}

/** Parses cases: `= name`, a program, `---`, commands, `==>`, the expected results, in which `...` matches any lines. */
function casesIn(text: string): readonly Case[] {
  return text
    .split(/^= /m)
    .slice(1)
    .map((part) => {
      const [head = "", commands = "", expected = ""] = part.split(/^(?:---|==>)\n/m);
      const newline = head.indexOf("\n");
      return {
        name: head.slice(0, newline),
        program: head.slice(newline + 1),
        commands: commands.split("\n").filter((line) => line !== ""),
        expected: expected.trim(),
      };
    });
}

/** Returns the actual results if they match the expected ones, else the expected ones. */
function matchedResults(expected: string, actual: string): string {
  const pattern = expected.split(/^\.\.\.$/m).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join("[^]*")}$`).test(actual) ? actual : expected;
}

describe.for(readdirSync(CASES).toSorted())("%s", (file) => {
  test.for(casesIn(readFileSync(new URL(file, CASES), "utf8")))("$name", ({ program, commands, expected }) => {
    const actual = runSession(program, commands);
    expect(actual).toBe(matchedResults(expected, actual));
  });
});
