import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConstantValue } from "../../grammar/ast.ts";
import { quote } from "../../grammar/literals.ts";
import { parse } from "../../grammar/parse.ts";
import { print } from "../../grammar/print.ts";
import type { Span } from "../../grammar/span.ts";
import { formatDiagnostics, read } from "./reading.ts";

function valuesIn(text: string): readonly (ConstantValue | undefined)[] {
  const [fact] = read(`p(${text}).`).tree.statements;
  if (fact?.kind !== "fact") return [];
  return fact.atom.args.map((argument) => (argument.kind === "constant" ? argument.value : undefined));
}

describe("values of literals", () => {
  test.each<[text: string, value: ConstantValue]>([
    ["12", 12],
    ["0x13", 19],
    ["1.5", 1.5],
    ["1e3", 1000],
    ["-2", -2],
    ["-0", 0],
    ["9007199254740992", 2 ** 53],
    ["20ms", 0.02],
    ["10us", 0.00001],
    ["2s", 2],
    ["5min", 300],
    ["1h", 3600],
    ["500bit", 500],
    ["8kbit", 8000],
    ["1mbit", 1e6],
    ["1.5gbit", 1.5e9],
    ["0x1fI", 31n],
    ["12I", 12n],
    ["infinity", Infinity],
    ["-infinity", -Infinity],
    ["null", null],
    ["true", true],
    ["false", false],
    ["low", "low"],
    ['"a\\n\\"\\x41\\\\"', 'a\n"A\\'],
    ['b"00ff"', new Uint8Array([0, 255])],
  ])("%s", (text, value) => {
    expect(valuesIn(text)).toEqual([value]);
  });

  test("any quoted string", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        fc.pre(!/\uFFFD/.test(value));
        expect(valuesIn(quote(value))).toEqual([value]);
      }),
    );
  });
});

describe("spans", () => {
  const TEXT = "r1: p@X(Y, min<Z>) :- q(Y, &R), Z := Y + 1 * 2.\n";
  const { tree } = read(TEXT);
  const slice = (span: Span | undefined): string => TEXT.slice(span?.start, span?.end);
  const [rule] = tree.statements;
  if (rule?.kind !== "rule") throw new Error("the text is one rule");

  test("a rule extends from its label to its full stop", () => {
    expect([rule, rule.label, rule.head].map((part) => slice(part?.span))).toEqual([
      TEXT.trimEnd(),
      "r1",
      "p@X(Y, min<Z>)",
    ]);
  });

  test("arguments, literals and operands have spans", () => {
    expect(rule.head.args.map(({ span }) => slice(span))).toEqual(["Y", "min<Z>"]);
    expect(rule.body.map(({ span }) => slice(span))).toEqual(["q(Y, &R)", "Z := Y + 1 * 2"]);
    const [, assignment] = rule.body;
    const value = assignment?.kind === "assign" ? assignment.value : undefined;
    expect(value?.kind === "binary" && [slice(value.span), slice(value.right.span)]).toEqual(["Y + 1 * 2", "1 * 2"]);
  });

  test("tokens of a macro have the span of its use", () => {
    const text = "#define SUM A + 1\np(SUM).";
    const [fact] = read(text).tree.statements;
    const argument = fact?.kind === "fact" ? fact.atom.args[0] : undefined;
    expect(text.slice(argument?.span.start, argument?.span.end)).toBe("SUM");
  });
});

describe("macros from -D", () => {
  test("expand to their text", () => {
    expect(print(read("p(N, M).", { defines: { N: "1 + 2", M: "fast" } }).tree)).toBe("p(1 + 2, fast).\n");
  });

  test("are compared by #if", () => {
    const text = "#if PROFILE == paper\np(1).\n#endif\n#ifdef PROFILE\np(2).\n#endif";
    expect(print(read(text, { defines: { PROFILE: "paper" } }).tree)).toBe("p(1).\np(2).\n");
  });

  test("are returned with those of the file, except undefined ones", () => {
    const { defines } = read("#define A 1 +  2\n#undef C\n", { defines: { B: "x", C: "y" } });
    expect([...defines]).toEqual([
      ["B", "x"],
      ["A", "1 + 2"],
    ]);
  });

  test("may have any name", () => {
    const result = read("p(constructor, toString).", { defines: { constructor: "1" } });
    expect(print(result.tree)).toBe("p(1, toString).\n");
  });

  test("with an error have no position", () => {
    expect(formatDiagnostics(read("p(N).", { defines: { N: "§" } }))).toMatch(
      /^E0101 nowhere -D N: unexpected character `§`/,
    );
  });
});

describe("includes", () => {
  const files = { "a.mzl": '#define N 1\n#include "b.mzl"\na(N).\n', "b.mzl": "b(N).\n" };

  test("insert the text of the file", () => {
    const { tree, sources } = read('#include "a.mzl"\nc(N).', { files });
    expect(print(tree)).toBe("b(1).\na(1).\nc(1).\n");
    expect(sources.map(({ file }) => file)).toEqual(["text", "a.mzl", "b.mzl"]);
    expect(tree.statements.map(({ span }) => span.file)).toEqual(["b.mzl", "a.mzl", "text"]);
  });

  test("may be repeated, but not recursive", () => {
    const twice = read('#include "b.mzl"\n#include "b.mzl"\n', { files: { "b.mzl": "b(1).\n" } });
    expect(print(twice.tree)).toBe("b(1).\nb(1).\n");
    const cycle = read('#include "a.mzl"\n', { files: { "a.mzl": '#include "b.mzl"', "b.mzl": '#include "a.mzl"' } });
    expect(formatDiagnostics(cycle)).toBe(
      'E0126 b.mzl:1:10-17 the file includes itself: "text" includes "a.mzl" includes "b.mzl" includes "a.mzl"\n' +
        "  move the shared text to another file that both include",
    );
  });

  test("are loaded with their path and the including file", () => {
    const asked: unknown[] = [];
    const load = (path: string, from: string): undefined => void asked.push([path, from]);
    parse({ file: "dir/x.mzl", text: '#include "y.mzl"', dialect: "mozlog" }, { defines: new Map(), load });
    expect(asked).toEqual([["y.mzl", "dir/x.mzl"]]);
  });

  test("must close their own #if", () => {
    const result = read('#include "a.mzl"\n#endif', { files: { "a.mzl": "#ifdef A" } });
    expect(formatDiagnostics(result).split("\n")).toEqual([
      "E0123 2:1-7 `#endif` is misplaced: no open `#if` of this file expects it",
      "  remove it, or add the missing `#if`",
      "E0124 a.mzl:1:1-7 `#ifdef` is not closed in this file",
      "  end it with `#endif`",
    ]);
  });
});

describe("the dialect", () => {
  test.each([
    ["overlog", "materialize(t, 1, 1, keys(2:list)).", "overlog-flat"],
    ["overlog", "p@X(X, Y) :- q@X(X, Y).", "overlog-flat"],
    ["overlog", "p(@X, Y) :- q(@X, Y).", "overlog"],
    ["mozlog", "p@X(X, Y) :- q@X(X, Y).", "mozlog"],
    ["mozlog", "#pragma dialect overlog\np(1).", "overlog"],
    ["overlog", "#pragma dialect overlog\np@X(X, Y) :- q@X(X, Y).", "overlog"],
  ] as const)("of %s text: %s", (dialect, text, expected) => {
    expect(read(text, { dialect }).dialect).toBe(expected);
  });
});

describe("limits", () => {
  const codes = (text: string): readonly string[] => read(text).diagnostics.map(({ code }) => code);
  const repeated = (before: string, middle: string, after: string, count: number): string =>
    `p(${before.repeat(count)}${middle}${after.repeat(count)}).`;

  test("a text is at most 2 MiB", () => {
    expect(codes(" ".repeat(2 ** 21))).toEqual([]);
    expect(codes(" ".repeat(2 ** 21 + 1))).toEqual(["E0111"]);
  });

  test.each(["p(1).\0", "// \uD800\np(1).", 'p("\uDFFFa").'])("a program is valid UTF-8 text", (text) => {
    const { diagnostics, tree } = read(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(["E0112"]);
    expect(tree.statements).toEqual([]);
  });

  test.each([
    ["(", ")"],
    ["[", "]"],
    ["f(", ")"],
    ["-", ""],
    ["!", ""],
    ["i3::", ""],
    ["i3::(", ")"],
    ["A ? B : ", ""],
    ["A in (B, ", ")"],
  ])("nothing nests deeper than 200 levels: %s", (before, after) => {
    expect(codes(repeated(before, "X", after, 90))).toEqual([]);
    expect(codes(`${repeated(before, "X", after, 201)} q(1).`)).toEqual(["E0141"]);
    expect(codes(repeated(before, "X", after, 50_000))).toEqual(["E0141"]);
  });

  test("an expression has at most 1000 operators", () => {
    expect(codes(repeated("X + ", "X", "", 1000))).toEqual([]);
    expect(codes(repeated("X + ", "X", "", 1001))).toEqual(["E0142"]);
    expect(codes(`p(${"X + Y, ".repeat(2000)}Z).`)).toEqual([]);
  });

  test("the expansion of macros is bounded", () => {
    const doubled = Array.from({ length: 40 }, (_, i) => `#define M${i} M${i + 1} M${i + 1}\n`).join("");
    expect(codes(`${doubled}p(M0).`)).toEqual(["E0129"]);
    expect(codes(`${doubled}#define M40\np(M0).`)).toEqual(["E0129"]);
  });

  test("chains of macros are bounded", () => {
    const chained = Array.from({ length: 300 }, (_, i) => `#define M${i} M${i + 1}\n`).join("");
    expect(codes(`${chained}p(M0).`)).toEqual(["E0130"]);
  });

  test("the number of includes is bounded", () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`${i}`, `#include "${i + 1}"\n#include "${i + 1}"\n`]),
    );
    const result = read('#include "0"', { files: { ...files, "30": "" } });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(["E0129"]);
  });

  test("at most a hundred errors are reported", () => {
    const found = codes("p(X Y).\n".repeat(500));
    expect(found.length).toBe(101);
    expect(found.at(-1)).toBe("E0190");
  });
});

describe("a file with errors", () => {
  test("still returns its valid statements", () => {
    const { tree } = read("a(1).\nb(X Y).\nc(1).\nd(12abc\ne(1).");
    expect(print(tree)).toBe("a(1).\nc(1).\ne(1).\n");
  });
});
