/**
 * lift-patterns: lists and packets in the arguments of body literals become patterns of their own. The first step of `rewrite.ts`.
 *
 *   h(X) :- e([X, Y + 1]), t(Y).      becomes   h(X) :- e($1), [X, $2] <- [$1], t(Y), $2 := Y + 1.
 *   h(X) :- recv(pay(_, X)).          becomes   h(X) :- recv($1), pay(_, X) <- [$1].
 *   h(X) :- t(X), !q([X, _]).         becomes   h(X) :- t(X), !r?fits(X).
 *                                               r?fits(X) :- q($1), [X, _] <- [$1].
 *
 * A list or packet in an argument of a table stays an expression if the other literals bind all its variables: its value is computed
 * before the table is read, and an index finds the rows with this value.
 */
import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { CheckedProgram } from "../1-check/check.ts";
import { bindAll, noneBound } from "../program/binding.ts";
import { isStructure, partsOfStructure, type Structure, withParts } from "../program/pattern.ts";
import type { Predicate } from "../program/predicates.ts";
import type { ProgramRule, TableDeclaration } from "../program/program.ts";
import { type Roles, rolesIn } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts, variablesIn } from "../program/visit.ts";
import { assignAt, atomAt, literalAt, variableAt } from "./core.ts";

export function liftPatterns(checked: CheckedProgram): CheckedProgram {
  const lifter = new PatternLifter(checked.roles);
  const rules = checked.program.rules.flatMap((rule) => lifter.rule(rule));
  if (lifter.tables.size === 0) return { ...checked, program: { ...checked.program, rules } };
  const tables = new Map([...checked.program.tables, ...lifter.tables]);
  const predicates = new Map([...checked.predicates, ...lifter.predicates]);
  const program = { ...checked.program, rules, tables };
  return { program, predicates, roles: rolesIn(program, predicates) };
}

class PatternLifter {
  /** Hidden tables that replace negated literals with patterns. */
  readonly tables = new Map<string, TableDeclaration>();
  readonly predicates = new Map<string, Predicate>();
  readonly #roles: Roles;

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  rule(rule: ProgramRule): readonly ProgramRule[] {
    if (!rule.body.some((literal) => this.#hasStructure(literal))) return [rule];
    const projections: ProgramRule[] = [];
    const body = rule.body.map((literal): Literal => {
      if (!isPredicate(literal) || !literal.negated || !this.#hasStructure(literal)) return literal;
      if (literal.atom.args.filter(isStructure).every((one) => this.#isComputed(one, rule.body, new Set())))
        return literal;
      return this.#project(literal, rule, projections);
    });
    return [{ ...rule, body: this.#liftPositive(body) }, ...projections.flatMap((projection) => this.rule(projection))];
  }

  #hasStructure(literal: Literal): literal is PredicateLiteral {
    return isPredicate(literal) && literal.atom.args.some(isStructure) && this.#roles.of(literal) !== "call";
  }

  /** Replaces patterns in arguments of positive literals by variables, and adds each pattern as a literal after its atom. */
  #liftPositive(body: readonly Literal[]): readonly Literal[] {
    const patterns = this.#patternsIn(body);
    let count = 0;
    const fresh = (): string => `$p${++count}`;
    return body.flatMap((literal): readonly Literal[] => {
      if (!this.#hasStructure(literal) || literal.negated) return [literal];
      const lifted: Literal[] = [];
      const args = literal.atom.args.map((argument): Argument => {
        if (!isStructure(argument) || !patterns.has(argument)) return argument;
        const value = variableAt(fresh(), argument.span);
        const { span } = argument;
        const pattern = liftParts(argument, fresh, lifted);
        lifted.push({ kind: "member", pattern, list: { kind: "list", items: [value], span }, span });
        return value;
      });
      return [{ ...literal, atom: { ...literal.atom, args } }, ...lifted];
    });
  }

  /** Returns the lists and packets that bind a variable, match anything with `_`, or stand in an event. */
  #patternsIn(body: readonly Literal[]): ReadonlySet<Structure> {
    const patterns = new Set<Structure>();
    for (const literal of body) {
      if (!this.#hasStructure(literal) || literal.negated) continue;
      const isEvent = this.#roles.of(literal) !== "table";
      for (const argument of literal.atom.args) {
        if (!isStructure(argument)) continue;
        if (isEvent || !this.#isComputed(argument, body, patterns)) patterns.add(argument);
      }
    }
    return patterns;
  }

  /** Whether the other literals, and the patterns found so far, bind all variables of the list or packet. */
  #isComputed(structure: Structure, body: readonly Literal[], patterns: ReadonlySet<Structure>): boolean {
    if (parts(structure).some(({ kind }) => kind === "wildcard")) return false;
    const others = body.map((literal): Literal => {
      if (!this.#hasStructure(literal)) return literal;
      const args = literal.atom.args.map((argument): Argument => {
        return isStructure(argument) && !patterns.has(argument) ? { kind: "wildcard", span: argument.span } : argument;
      });
      return { ...literal, atom: { ...literal.atom, args } };
    });
    const bound = bindAll(others, noneBound, this.#roles);
    return variablesIn(structure).every(({ name }) => bound.has(name));
  }

  /**
   * Replaces a negated literal with patterns by the negation of a hidden table. The table has a column for each variable of the literal
   * that the rule uses elsewhere, and a row for each combination of values with which the literal matches.
   */
  #project(literal: PredicateLiteral, rule: ProgramRule, projections: ProgramRule[]): Literal {
    const { atom, span } = literal;
    const used = namesUsedElsewhere(literal, rule);
    const own = [...new Set(expressionsOfAtom(atom).flatMap((one) => variablesIn(one).map(({ name }) => name)))];
    const located =
      atom.locatedArgument === undefined ? atom.location : (atom.args[atom.locatedArgument] as Expression);
    const known = own.filter((name) => used.has(name)).map((name) => variableAt(name, span));
    const args = known.length === 0 ? [{ kind: "constant", value: 1, text: "1", span } as const] : known;
    const name = this.#addTable(`${rule.name}?fits`, args.length, literal);
    const head = atomAt(name, args, span, located);
    const positive = { ...literal, negated: false };
    projections.push({ ...rule, name: `${rule.name}?fits`, view: undefined, isDelete: false, head, body: [positive] });
    return { ...literalAt(head), negated: true };
  }

  #addTable(wanted: string, arity: number, { span }: PredicateLiteral): string {
    let name = wanted;
    for (let number = 2; this.tables.has(name); number++) name = `${wanted}${number}`;
    const keys = Array.from({ length: arity }, (_, column) => column);
    const evict = { policy: "fifo" } as const;
    this.tables.set(name, { name, lifetime: Infinity, size: Infinity, keys, keySpans: [], evict, span });
    this.predicates.set(name, { name, arity, isTable: true, span, isProduced: true, isRead: true });
    return name;
  }
}

/** Lifts the computed parts of a pattern into assignments, which the rule makes as soon as it can. */
function liftParts(structure: Structure, fresh: () => string, lifted: Literal[]): Structure {
  const items = partsOfStructure(structure).map((part): Expression => {
    if (isStructure(part)) return liftParts(part, fresh, lifted);
    if (part.kind === "variable" || part.kind === "wildcard" || part.kind === "constant") return part;
    const name = fresh();
    lifted.push(assignAt(name, part));
    return variableAt(name, part.span);
  });
  return withParts(structure, items);
}

function namesUsedElsewhere(literal: Literal, { head, body }: ProgramRule): ReadonlySet<string> {
  const others = body.filter((other) => other !== literal).flatMap(expressionsOfLiteral);
  const expressions = [...expressionsOfAtom(head), ...others];
  return new Set(expressions.flatMap((expression) => variablesIn(expression).map(({ name }) => name)));
}
