import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Expression, Literal } from "../../grammar/ast.ts";
import type { ParseResult } from "../../grammar/parse.ts";
import { print, printAtom, printExpression, printLiteral, printRule } from "../../grammar/print.ts";
import type { Dialect } from "../../grammar/span.ts";
import { arbitraryExpression, arbitraryStatements } from "./arbitrary-tree.ts";
import { formatDiagnostics, read, withoutSpans } from "./reading.ts";

const DIALECTS: readonly Dialect[] = ["mozlog", "overlog", "overlog-flat"];

function expressionIn(text: string, dialect: Dialect): Expression | undefined {
  const { tree, diagnostics } = read(`p(${text}).`, { dialect });
  if (diagnostics.some(({ severity }) => severity === "error")) return undefined;
  const [statement] = tree.statements;
  const argument = statement?.kind === "fact" ? statement.atom.args[0] : undefined;
  return argument?.kind === "return" || argument?.kind === "aggregate" ? undefined : argument;
}

describe("printing and parsing are inverse", () => {
  test.each(DIALECTS)("programs in %s", (dialect) => {
    fc.assert(
      fc.property(arbitraryStatements, (statements) => {
        const text = print({ file: "text", statements }, dialect);
        const result = read(`#pragma dialect ${dialect}\n${text}`, { dialect });
        expect(formatErrors(result)).toBe("");
        expect(withoutSpans(result.tree.statements)).toEqual(withoutSpans(statements));
      }),
      { numRuns: 500 },
    );
  });

  test.each(DIALECTS)("canonical text in %s is printed unchanged", (dialect) => {
    fc.assert(
      fc.property(arbitraryStatements, (statements) => {
        const text = print({ file: "text", statements }, dialect);
        const pragma = `#pragma dialect ${dialect}\n`;
        expect(print(read(pragma + text, { dialect }).tree, dialect)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test.each(DIALECTS)("no printed bracket in %s is redundant", (dialect) => {
    fc.assert(
      fc.property(arbitraryExpression, (expression) => {
        const text = printExpression(expression, dialect);
        for (const fewer of withoutOnePair(text)) {
          expect(withoutSpans(expressionIn(fewer, dialect) ?? "nothing")).not.toEqual(withoutSpans(expression));
        }
      }),
      { numRuns: 200 },
    );
  });
});

function formatErrors(result: ParseResult): string {
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  return formatDiagnostics({ ...result, diagnostics: errors });
}

/** Returns the text without one pair of brackets, for each pair that does not belong to a call, interval or address. */
function withoutOnePair(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w:]|in )\(/g)].flatMap(({ index }) => {
    const end = closingBracket(text, index);
    return end === undefined ? [] : [`${text.slice(0, index)}${text.slice(index + 1, end)}${text.slice(end + 1)}`];
  });
}

function closingBracket(text: string, start: number): number | undefined {
  if (/["]/.test(text)) return undefined;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if ("([".includes(text.charAt(at))) depth += 1;
    if (")]".includes(text.charAt(at))) depth -= 1;
    if (depth === 0) return text.charAt(at) === ")" ? at : undefined;
  }
  return undefined;
}

test("the operator | has one pair of brackets in a list", () => {
  const text = "p([(A | B) in (C, D), -(A | B), (A | B), (A | B ? C : D) | E]).";
  const { tree, diagnostics } = read(text, { dialect: "overlog" });
  expect(diagnostics).toEqual([]);
  expect(print(tree, "overlog").trim()).toBe(text);
});

describe("parts of a program", () => {
  const [statement] = read("r: p@X(Y, min<Z>) :- q(X), !r(Y), Z := X + 1, v(X, &R) timeout(1s).").tree.statements;
  const rule = statement?.kind === "rule" ? statement : undefined;
  const literal = (index: number): string => printLiteral(rule?.body[index] as Literal);

  test("a rule", () => {
    expect(rule && printRule(rule)).toBe("r: p@X(Y, min<Z>) :- q(X), !r(Y), Z := X + 1, v(X, &R) timeout(1s).");
  });

  test("an atom", () => {
    expect(rule && printAtom(rule.head)).toBe("p@X(Y, min<Z>)");
  });

  test("literals", () => {
    expect([0, 1, 2, 3].map(literal)).toEqual(["q(X)", "!r(Y)", "Z := X + 1", "v(X, &R) timeout(1s)"]);
  });
});
