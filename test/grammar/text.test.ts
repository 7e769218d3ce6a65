import { describe } from "vitest";
import { print, printGrouped } from "../../grammar/print.ts";
import type { Dialect } from "../../grammar/span.ts";
import { testCases } from "../cases.ts";
import { formatDiagnostics, read } from "./reading.ts";

const cases = (file: string): URL => new URL(`cases/${file}.txt`, import.meta.url);

/** Returns the diagnostics of a text and its statements in canonical form. */
function readAndPrint(dialect: Dialect): (text: string) => string {
  return (text) => {
    const result = read(text, { dialect });
    return `${formatDiagnostics(result)}\n${print(result.tree, result.dialect)}`.trimStart();
  };
}

/** Prints each line, an expression, with all its brackets. */
function group(dialect: Dialect): (text: string) => string {
  return (text) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => groupLine(line, dialect))
      .join("\n");
}

function groupLine(line: string, dialect: Dialect): string {
  const result = read(`p(${line}).`, { dialect });
  const [fact] = result.tree.statements;
  const argument = fact?.kind === "fact" ? fact.atom.args[0] : undefined;
  if (argument === undefined || argument.kind === "return" || argument.kind === "aggregate")
    return formatDiagnostics(result);
  return printGrouped(argument);
}

describe("statements in canonical form", () => {
  testCases(cases("statements"), readAndPrint("mozlog"));
});

describe("addresses", () => {
  testCases(cases("addresses"), readAndPrint("mozlog"));
});

describe("literals", () => {
  testCases(cases("literals"), readAndPrint("mozlog"));
});

describe("OverLog", () => {
  testCases(cases("overlog"), readAndPrint("overlog"));
});

describe("the preprocessor", () => {
  testCases(cases("preprocessor"), readAndPrint("mozlog"));
});

describe("operator precedence", () => {
  testCases(cases("precedence"), group("mozlog"));
});

describe("operator precedence in flat OverLog", () => {
  testCases(cases("precedence-flat"), group("overlog-flat"));
});

describe("errors and warnings", () => {
  testCases(cases("diagnostics"), (text) => formatDiagnostics(read(text)));
});
