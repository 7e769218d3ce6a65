import type { Argument, Atom, Expression, Fact, Signature, Statement, Variable } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { report } from "./report.ts";
import { signatureOf } from "./signature.ts";
import type { Name, Span } from "./span.ts";

/** Argument, and whether it is marked with `@` as the location. */
export interface ParsedArgument {
  readonly argument: Argument;
  readonly isLocation: boolean;
}

/** Header of a view, between `def` and `{`. The parser sets its fields one after the other. */
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

/** Returns the diagnostic for a statement that is not allowed in a view. */
export function notAllowedInView(kind: Statement["kind"], span: Span): Diagnostic {
  return report("E0143", span, { statement: DESCRIPTIONS[kind] });
}

/** Returns the statement of a lone atom: a signature if its arguments are type names, else a fact. */
export function statementOfAtom(label: Name | undefined, atom: Atom, span: Span): Fact | Signature {
  const signature = label === undefined ? signatureOf(atom, span) : undefined;
  return signature ?? { kind: "fact", label, atom, span };
}

/** Returns whether an atom is a misspelt `materialize`. Only `materialize` has `keys(..)` as its fourth argument. */
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

/** Returns whether an expression is a pattern: a variable, `_`, or a list or packet of patterns and constants. */
export function isPattern(pattern: Expression): boolean {
  if (pattern.kind === "list")
    return [...pattern.items, ...(pattern.tail ? [pattern.tail] : [])].every(isPartOfPattern);
  if (pattern.kind === "call") return !pattern.name.text.startsWith("f_") && pattern.args.every(isPartOfPattern);
  return pattern.kind === "variable" || pattern.kind === "wildcard";
}

function isPartOfPattern(part: Expression): boolean {
  return isPattern(part) || part.kind === "constant";
}
