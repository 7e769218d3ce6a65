import type { Expression, Literal, Rule } from "../../grammar/ast.ts";
import { variablesMatchedBy } from "../program/binding.ts";
import { patternVariables } from "../program/pattern.ts";
import { rewriteAtom, rewriteExpression, rewriteLiteral } from "../program/rewrite-expression.ts";
import { variablesIn } from "../program/visit.ts";

/**
 * Renames reassigned variables. In OverLog `X := ..` reassigns a bound X for the rest of the rule; after renaming,
 * every variable has one value (single assignment).
 */
export function rebindVariables(rule: Rule): Rule {
  const rebinding = new Rebinding();
  const body = rule.body.map((literal) => rebinding.literal(literal));
  return rebinding.isNeeded ? { ...rule, head: rewriteAtom(rule.head, rebinding.rename), body } : rule;
}

class Rebinding {
  /** Number of assignments to each variable so far. */
  readonly #assignments = new Map<string, number>();
  readonly #names = new Map<string, string>();

  get isNeeded(): boolean {
    return this.#names.size > 0;
  }

  literal(literal: Literal): Literal {
    if (literal.kind !== "assign") {
      const renamed = rewriteLiteral(literal, this.rename);
      for (const name of boundBy(literal)) if (!this.#assignments.has(name)) this.#assignments.set(name, 1);
      return this.isNeeded ? renamed : literal;
    }
    const value = rewriteExpression(literal.value, this.rename);
    const { name } = literal.target;
    const times = (this.#assignments.get(name) ?? 0) + 1;
    this.#assignments.set(name, times);
    // No variable of a program contains `$`.
    if (times > 1) this.#names.set(name, `${name}$${times}`);
    return { ...literal, target: { ...literal.target, name: this.#names.get(name) ?? name }, value };
  }

  readonly rename = (part: Expression): Expression => {
    const name = part.kind === "variable" ? this.#names.get(part.name) : undefined;
    return part.kind === "variable" && name !== undefined ? { ...part, name } : part;
  };
}

function boundBy(literal: Literal): readonly string[] {
  if (literal.kind === "member") return patternVariables(literal.pattern);
  if (literal.kind !== "predicate" || literal.negated) return [];
  const { outcome } = literal;
  const { args, location } = literal.atom;
  const returned = args.flatMap((arg) => (arg.kind === "return" && arg.name !== undefined ? [arg.name] : []));
  const matched = args.flatMap(variablesMatchedBy);
  const result = outcome === undefined ? [] : variablesIn(outcome).map(({ name }) => name);
  return [
    ...returned,
    ...matched,
    ...result,
    ...(location === undefined ? [] : variablesIn(location).map(({ name }) => name)),
  ];
}
