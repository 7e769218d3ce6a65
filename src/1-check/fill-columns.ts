/**
 * fill-columns: adds wildcards to body atoms of OverLog rules that have fewer arguments than their predicate has columns. The
 * arguments that the program gives match the first columns, as in P2. Runs between `resolve-names` and `check`.
 */
import type { Atom, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { builtinNamed } from "../program/builtin.ts";
import { declaredArities, keyColumnsOf } from "../program/declared-arities.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import type { Program, ProgramRule } from "../program/program.ts";
import { isCallShaped, isPredicate } from "../program/rule-shape.ts";

export function fillColumns(program: Program): { program: Program; diagnostics: readonly Diagnostic[] } {
  if (!program.rules.some(({ isOverlog }) => isOverlog)) return { program, diagnostics: [] };
  const filler = new ColumnFiller(program);
  const rules = program.rules.map((rule) => (rule.isOverlog ? filler.rule(rule) : rule));
  return { program: { ...program, rules }, diagnostics: filler.diagnostics };
}

class ColumnFiller {
  readonly diagnostics: Diagnostic[] = [];
  readonly #program: Program;
  readonly #arities: ReadonlyMap<string, number>;

  constructor(program: Program) {
    this.#program = program;
    this.#arities = aritiesOf(program);
  }

  rule(rule: ProgramRule): ProgramRule {
    return { ...rule, body: rule.body.map((literal) => this.#literal(literal)) };
  }

  #literal(literal: Literal): Literal {
    if (!isPredicate(literal) || literal.isFailure || isCallShaped(literal)) return literal;
    const { atom } = literal;
    const name = atom.name.text;
    if (builtinNamed(name) !== undefined || this.#program.views.has(name)) return literal;
    const arity = this.#arities.get(this.#tableOf(name)) ?? 0;
    const missing = arity - atom.args.length;
    if (missing <= 0) return literal;
    this.diagnostics.push(report("W0241", atom.span, { name, given: atom.args.length, arity }));
    return { ...literal, atom: withWildcards(atom, missing) };
  }

  /** Returns the table whose changes an event reports: `link` for `link_DELTA_INSERT`. Returns any other name unchanged. */
  #tableOf(name: string): string {
    return deltaEventNamed(name, (table) => this.#program.tables.has(table))?.table ?? name;
  }
}

function withWildcards(atom: Atom, count: number): Atom {
  const { span } = atom;
  const added = Array.from({ length: count }, (): Expression => ({ kind: "wildcard", span }));
  return { ...atom, args: [...atom.args, ...added] };
}

/**
 * Returns the number of columns of each predicate. A signature or `accept` declares it. Without a declaration, it is the
 * greatest number of arguments in facts and rule heads. A predicate without facts and heads has the greatest number of
 * arguments in rule bodies, and at least as many columns as the key of its table needs.
 */
function aritiesOf(program: Program): ReadonlyMap<string, number> {
  const arities = new Map<string, number>();
  const raise = ({ name, args }: Atom): void => {
    arities.set(name.text, Math.max(arities.get(name.text) ?? 0, args.length));
  };
  for (const { atom } of program.facts) raise(atom);
  for (const { head } of program.rules) raise(head);
  const filled = new Set(arities.keys());
  const used = program.rules.flatMap(({ body }) => body.filter(isPredicate).map(({ atom }) => atom));
  for (const atom of used) if (!filled.has(atom.name.text)) raise(atom);
  for (const [name, arity] of arities) {
    if (!filled.has(name)) arities.set(name, Math.max(arity, keyColumnsOf(program.tables.get(name))));
  }
  for (const [name, { arity }] of declaredArities(program)) arities.set(name, arity);
  return arities;
}
