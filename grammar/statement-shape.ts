import type { Argument, Atom, Expression, Fact, Signature, Statement, Variable } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { report } from "./report.ts";
import { signatureOf } from "./signature.ts";
import type { Name, Span } from "./span.ts";

/** An argument, and whether `@` stands before it. */
export interface ParsedArgument {
  readonly argument: Argument;
  readonly isLocation: boolean;
}

/** What stands between `def` and `{`. */
export interface Header {
  readonly name: Name;
  readonly location: Expression | undefined;
  readonly inputs: Variable[];
  readonly outputs: Variable[];
  timeout: Expression | undefined;
  many: boolean;
}

const DESCRIPTIONS: Readonly<Record<Statement["kind"], string>> = {
  rule: "a rule",
  fact: "a fact",
  materialize: "a table",
  overlay: "`overlay`",
  import: "`import`",
  accept: "`accept`",
  signature: "a signature",
  view: "a view",
  watch: "`watch`",
};

/** What stands in a view and cannot. */
export function misplaced(kind: Statement["kind"], span: Span): Diagnostic {
  return report("E0143", span, { what: DESCRIPTIONS[kind] });
}

/** An atom alone is a signature when its arguments are types, else a fact. */
export function statementOfAtom(label: Name | undefined, atom: Atom, span: Span): Fact | Signature {
  const signature = label === undefined ? signatureOf(atom, span) : undefined;
  return signature ?? { kind: "fact", label, atom, span };
}

/** Only `materialize` has `keys(..)`, behind a name and two limits. */
export function looksLikeMaterialize({ args }: Atom): boolean {
  const keys = args[3];
  return keys?.kind === "call" && keys.name.text === "keys";
}

export function misspeltMaterialize({ name }: Atom): Diagnostic {
  const facts = { after: undefined, found: `\`${name.text}\``, help: "did you mean `materialize`?" };
  return report("E0140", name.span, { expected: "a declaration", ...facts });
}

export function capitalOverlay({ text, span }: Name): Diagnostic {
  const facts = { after: undefined, found: `\`${text}\``, help: `write \`${text.toLowerCase()}\`` };
  return report("E0140", span, { expected: "a name in lower case", ...facts });
}

/** A variable, a don't-care, a value to compare with, or a list of patterns. */
export function isPattern(pattern: Expression): boolean {
  if (pattern.kind === "list") return pattern.items.every((item) => isPattern(item) || item.kind === "constant");
  return pattern.kind === "variable" || pattern.kind === "wildcard";
}
