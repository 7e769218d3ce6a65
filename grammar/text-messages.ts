import { brief, type Wording } from "./wording.ts";

/** Messages about text and syntax, by code: E01 and W01. `messages.ts` adds all others. */
export const TEXT_MESSAGES = {
  E0101: (f: { readonly text: string }): Wording => ({
    message: `unexpected character${/^.$/u.test(f.text) ? "" : "s"} \`${brief(f.text)}\``,
    help: f.text === ";" ? "literals are separated by `,`, and a rule ends with `.`" : undefined,
  }),
  E0102: (): Wording => ({ message: "this string is not closed on its line", help: 'end it with `"`' }),
  E0103: (): Wording => ({ message: "this comment is never closed", help: "end it with `*/`" }),
  E0104: (): Wording => ({ message: "a string is written in double quotes", help: 'write `"..."`' }),
  E0105: (f: { readonly name: string }): Wording => ({
    message: `\`${brief(f.name)}\` is not a valid name: variables begin with an upper-case letter, predicates with a lower-case one`,
    help: "write `_` alone for a value that is not used",
  }),
  E0106: (f: { readonly text: string; readonly units: string }): Wording => ({
    message: `\`${brief(f.text)}\` is not a number`,
    help: /^[0-9]+(?:\.[0-9]+){3}$/.test(f.text)
      ? `an IP address is a string: \`"${f.text}"\``
      : `a number may end with one of ${f.units}, an id with \`I\``,
  }),
  E0107: (f: {
    readonly text: string;
    readonly isInteger: boolean;
    readonly isFinite: boolean;
    readonly nearest: string | undefined;
  }): Wording => ({
    message:
      f.isInteger || !f.isFinite
        ? `\`${brief(f.text)}\` is too large for a number`
        : `\`${brief(f.text)}\` would be rounded to another number`,
    help: f.isInteger
      ? `integers are exact up to 2^53; write \`${brief(f.text)}I\` for a 160-bit id`
      : f.isFinite && f.nearest !== undefined
        ? `the nearest number is \`${f.nearest}\``
        : undefined,
  }),
  E0108: (f: { readonly text: string }): Wording => `\`${brief(f.text)}\` does not fit in the 160 bits of an id`,
  E0109: (f: { readonly escape: string }): Wording => ({
    message: `\`${f.escape}\` is not an escape sequence`,
    help: 'the escape sequences are \\n \\t \\r \\f \\" \\\\ \\xHH and \\u{HHHH}',
  }),
  E0110: (f: { readonly text: string }): Wording => ({
    message: `\`${brief(f.text)}\` is not a sequence of pairs of hexadecimal digits`,
    help: 'write two digits per byte: `b"0aff"`',
  }),
  E0111: (f: { readonly mebibytes: number }): Wording => ({
    message: `the program file is larger than ${f.mebibytes} MiB`,
    help: "`--limit source=N` raises the limit to N MiB",
  }),
  E0112: (f: { readonly content: string }): Wording => ({
    message: `this file is not UTF-8 text: it contains ${f.content}`,
    help: undefined,
  }),

  E0120: (f: { readonly directive: string; readonly known: readonly string[] }): Wording => ({
    message: `\`${f.directive}\` is not a directive`,
    help: `the directives are ${f.known.join(" ")}; a comment begins with //`,
  }),
  E0121: (f: { readonly directive: string; readonly form: string }): Wording => ({
    message: `this \`${f.directive}\` has the wrong form`,
    help: `write \`${f.form}\``,
  }),
  E0122: (f: { readonly directive: string }): Wording => ({
    message: `\`${f.directive}\` must be the first token on its line`,
    help: "put it on its own line",
  }),
  E0123: (f: { readonly directive: string }): Wording => ({
    message: `\`${f.directive}\` is misplaced: no open \`#if\` of this file expects it`,
    help: "remove it, or add the missing `#if`",
  }),
  E0124: (f: { readonly directive: string }): Wording => ({
    message: `\`${f.directive}\` is not closed in this file`,
    help: "end it with `#endif`",
  }),
  E0125: (f: { readonly path: string }): Wording => `there is no file "${f.path}"`,
  E0126: (f: { readonly chain: readonly string[] }): Wording => ({
    message: `the file includes itself: ${f.chain.map((file) => `"${file}"`).join(" includes ")}`,
    help: "move the shared text to another file that both include",
  }),
  E0127: (f: { readonly text: string }): Wording => f.text || "`#error`",
  E0128: (f: { readonly name: string }): Wording => ({
    message: `the macro \`${f.name}\` has parameters, which macros cannot have`,
    help: `put a space after \`${f.name}\` if the bracket is part of its text`,
  }),
  E0129: (f: { readonly excess: string }): Wording => ({
    message: f.excess,
    help: f.excess.endsWith("files")
      ? undefined
      : "`--limit source=N` raises this limit together with that of the file size",
  }),
  E0130: (f: { readonly name: string; readonly depth: number }): Wording =>
    `the macro \`${f.name}\` expands through more than ${f.depth} other macros`,
  E0131: (f: { readonly name: string; readonly dialects: readonly string[] }): Wording => ({
    message: `there is no dialect \`${f.name}\``,
    help: `the dialects are ${f.dialects.join(", ")}`,
  }),

  E0140: (f: SyntaxFacts): Wording => ({
    message: `expected ${f.expected}${f.after === undefined ? "" : ` after ${f.after}`}, found ${f.found}`,
    help: f.help,
  }),
  E0141: (f: { readonly depth: number }): Wording => ({
    message: `expressions nest deeper than ${f.depth} levels here`,
    help: "`--limit nesting=N` raises the limit to N levels",
  }),
  E0142: (f: { readonly count: number }): Wording => ({
    message: `this expression has more than ${f.count} operators`,
    help: "assign parts of it to variables with `:=`",
  }),
  E0143: (f: { readonly statement: string }): Wording => ({
    message: `${f.statement} is not allowed in a view`,
    help: "a view contains rules and `materialize`; is a `}` missing before this?",
  }),
  E0144: (f: { readonly aggregate: string; readonly text: string }): Wording => ({
    message: `the aggregate \`${f.aggregate}\` is used in a body`,
    help: `an aggregate belongs in the head of a rule: \`head(.., ${brief(f.text)}) :- body.\``,
  }),
  E0145: (f: { readonly argument: string }): Wording => ({
    message: `\`${f.argument}\` is used in a head`,
    help: "`&` marks a return value of a view call, which belongs in a body",
  }),
  E0146: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` has two locations`,
    help: `keep one of them: \`${f.name}@X(..)\` or \`${f.name}(@X, ..)\``,
  }),
  E0147: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is neither a predicate nor a condition`,
    help: `a predicate has brackets: \`${f.name}(...)\``,
  }),
  E0148: (): Wording => ({
    message: "the left side of `<-` must be a variable or a list of variables",
    help: "write `X <- List` or `[A, B] <- List`; for a comparison with a negative number put a space: `X < -1`",
  }),
  E0149: (f: { readonly text: string }): Wording =>
    `\`${f.text}\` is not a column number: columns are numbered 1, 2, ...`,
  E0150: (f: { readonly name: string }): Wording => ({
    message: `the input \`${f.name}\` follows a return value`,
    help: "write the inputs first, then the return values with `&`",
  }),
  E0151: (f: { readonly word: string }): Wording => `\`${f.word}\` is given twice`,
  E0152: (): Wording => ({
    message: "an interval cannot be the operand of an operator",
    help: "put the comparison in brackets: `(X in (A,B])`",
  }),
  E0190: (f: { readonly count: number }): Wording => `more than ${f.count} errors; the rest of the text was not read`,

  W0101: (): Wording => ({
    message: "this comment contains another `/*`: all text between them is part of the comment",
    help: "comments do not nest; close the first one with `*/` before the second begins",
  }),
  W0102: (f: { readonly read: string; readonly other: string; readonly mayBeFlat: boolean }): Wording => ({
    message: `a shift is mixed with + or - here; this is read as \`${f.read}\`, not as \`${f.other}\``,
    help: `put brackets around the operation that must come first${
      f.mayBeFlat ? "; a program of P2 0.7 or RapidNet needs `#pragma dialect overlog-flat`" : ""
    }`,
  }),
  W0103: (f: { readonly name: string }): Wording => ({
    message: `\`${f.name}\` is redefined with a different text`,
    help: `if that is intended, write \`#undef ${f.name}\` first`,
  }),
  W0104: (f: { readonly text: string }): Wording => ({
    message: `the pragma \`${f.text}\` is unknown and has no effect`,
    help: "the pragmas are `#pragma dialect NAME` and `#pragma neighbours TABLE`",
  }),
  W0105: (f: { readonly overlay: string }): Wording => ({
    message: `an overlay address is written with \`::\`; this is read as \`${f.overlay}::[...]\``,
    help: undefined,
  }),
};

/** Facts of a syntax error: the token or construct that the parser expected, the text before it, and the token it found. */
export interface SyntaxFacts {
  readonly expected: string;
  readonly after: string | undefined;
  readonly found: string;
  readonly help: string | undefined;
}
