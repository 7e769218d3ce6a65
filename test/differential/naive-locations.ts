import type { Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { patternVariables } from "../../src/program/pattern.ts";
import type { CheckedProgram } from "../../src/1-check/check.ts";
import { isPredicate } from "../../src/program/rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, variablesIn } from "../../src/program/visit.ts";
import type { ProgramRule } from "../../src/program/program.ts";
import { type NaiveRule, naiveRule } from "./naive-rule.ts";
import { Runaway } from "./peer.ts";
import { withPlainArguments } from "./solve.ts";

const HOME = "$Home";

/**
 * Splits an event rule whose body spans locations into rules of one location each. Literals without a location are where the
 * event is, the others where their variable says. Bound variables that are needed later travel to the next location in an event.
 */
export function rulesByLocation(rule: ProgramRule, checked: CheckedProgram): readonly NaiveRule[] {
  const unsplit = naiveRule(rule, checked);
  if (!rule.body.some((literal) => isPredicate(literal) && locationOf(literal) !== undefined)) return [unsplit];
  // Derived tables that span nodes are compared by test/differential/across.
  if (unsplit.start !== "event") throw new Runaway();
  const rules: NaiveRule[] = [];
  let waiting = withPlainArguments(rule.body);
  let known: readonly string[] = [];
  let arrived: readonly Literal[] = [];
  for (let here: string | undefined; ; ) {
    const stage = stageAt(here, waiting, known);
    waiting = waiting.filter((literal) => !stage.literals.includes(literal));
    known = stage.known;
    const body = [...arrived, ...stage.literals.map(withoutLocation)];
    const next = waiting.filter(isPredicate).flatMap((literal) => locationOf(literal) ?? [])[0];
    if (next === undefined) {
      const location = rule.head.location ?? variable(HOME, rule);
      const isHere = location.kind === "variable" && location.name === here;
      const head = { ...rule.head, location: isHere ? undefined : location };
      return [...rules, { ...unsplit, body, head }];
    }
    // Programs with an unbound location are not compared. Other tests cover them.
    if (!known.includes(next)) throw new Runaway();
    const isFirst = rules.length === 0;
    if (isFirst && rule.head.location === undefined) {
      known = [...known, HOME];
      body.push(literal("localAddr", [HOME], rule));
    }
    const remaining = [...waiting.flatMap(expressionsOfLiteral), ...expressionsOfAtom(rule.head), variable(next, rule)];
    const needed = new Set([...remaining.flatMap(names), ...(rule.head.location === undefined ? [HOME] : [])]);
    const travelling = known.filter((name) => needed.has(name));
    const message = `${rule.name}?at${isFirst ? "" : rules.length + 1}`;
    const { atom } = literal(message, travelling, rule);
    const head: Atom = { ...atom, location: variable(next, rule) };
    rules.push({ ...unsplit, name: `${rule.name} ${rules.length}`, head, body, isDelete: false });
    arrived = [literal(message, travelling, rule)];
    here = next;
  }
}

/** Returns the literals that can be evaluated at this location, and the variables that are bound then. */
function stageAt(
  here: string | undefined,
  waiting: readonly Literal[],
  before: readonly string[],
): { readonly literals: readonly Literal[]; readonly known: readonly string[] } {
  const isHere = (one: Literal): one is PredicateLiteral => isPredicate(one) && locationOf(one) === here;
  const literals: Literal[] = waiting.filter((one) => isHere(one) && !one.negated);
  const known = new Set([...before, ...literals.flatMap(bound), ...(here === undefined ? [] : [here])]);
  for (;;) {
    const left = waiting.filter((one) => !literals.includes(one));
    const ready = left.find((one) => {
      if (isPredicate(one)) return isHere(one);
      return inputs(one).every((name) => known.has(name));
    });
    if (ready === undefined) return { literals, known: [...known] };
    literals.push(ready);
    for (const name of bound(ready)) known.add(name);
  }
}

function inputs(one: Literal): readonly string[] {
  switch (one.kind) {
    case "assign":
      return names(one.value);
    case "member":
      return names(one.list);
    case "condition":
      return names(one.test);
    case "predicate":
      return [];
  }
}

function bound(one: Literal): readonly string[] {
  switch (one.kind) {
    case "assign":
      return [one.target.name];
    case "member":
      return patternVariables(one.pattern);
    case "condition":
      return [];
    case "predicate":
      return one.negated
        ? []
        : one.atom.args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : []));
  }
}

function locationOf({ atom }: PredicateLiteral): string | undefined {
  return atom.location?.kind === "variable" ? atom.location.name : undefined;
}

function withoutLocation(one: Literal): Literal {
  return isPredicate(one) ? { ...one, atom: { ...one.atom, location: undefined } } : one;
}

function names(expression: Expression): readonly string[] {
  return [...variablesIn(expression)].map(({ name }) => name);
}

function variable(name: string, { span }: ProgramRule): Expression {
  return { kind: "variable", name, span };
}

function literal(name: string, args: readonly string[], rule: ProgramRule): PredicateLiteral {
  const { span } = rule;
  const atom: Atom = {
    name: { text: name, span },
    location: undefined,
    locatedArgument: undefined,
    args: args.map((argument) => variable(argument, rule)),
    span,
  };
  return { kind: "predicate", negated: false, isFailure: false, atom, timeout: undefined, outcome: undefined, span };
}
