/**
 * local-shortcut: turns the answer of an inlined call into an event of the same round, if no rule can observe that it is not a step of its
 * own. The trigger of the calling rule must be an external event that no other rule reads and that leads to at most one answer. Then
 * nothing else happens in the step, and nothing happens between call and answer.
 */
import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { bind, type BoundSet, isBound, noneBound } from "../program/binding.ts";
import { ELSE_SEND, isLocalAddressTable, PERIODIC, SHUTDOWN, TAP, TUN } from "../program/builtin.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import type { Roles } from "../program/roles.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CheckedProgram } from "../1-check/check.ts";
import type { TableDeclaration } from "../program/program.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import { readsSource } from "./inline-call.ts";

export function shortcutAnswers(
  rules: readonly ExpandedRule[],
  answers: ReadonlySet<string>,
  tables: ReadonlyMap<string, TableDeclaration>,
  { program, roles }: CheckedProgram,
): { readonly rules: readonly ExpandedRule[]; readonly answers: ReadonlySet<string> } {
  if (answers.size === 0 || rules.some(({ head, body }) => readsSource([head], body))) return { rules, answers };
  const flow = new EventFlow(rules, new Set(program.facts.map(({ atom }) => atom.name.text)), tables, roles);
  const immediate = new Set([...answers].filter((answer) => flow.isImmediate(answer)));
  return {
    rules: rules.map((rule) =>
      immediate.has(rule.head.name.text) ? { ...rule, head: { ...rule.head, location: undefined } } : rule,
    ),
    answers: answers.difference(immediate),
  };
}

class EventFlow {
  readonly #readers: ReadonlyMap<string, readonly ExpandedRule[]>;
  readonly #producers: ReadonlyMap<string, readonly ExpandedRule[]>;
  readonly #tables: ReadonlyMap<string, TableDeclaration>;
  readonly #roles: Roles;
  readonly #facts: ReadonlySet<string>;
  /** Whether rules derive the `recv` event of an overlay. A tuple from such a packet joins a round in which forwarding rules have run. */
  readonly #carriesPackets: boolean;

  constructor(
    rules: readonly ExpandedRule[],
    facts: ReadonlySet<string>,
    tables: ReadonlyMap<string, TableDeclaration>,
    roles: Roles,
  ) {
    this.#facts = facts;
    this.#tables = tables;
    this.#roles = roles;
    this.#producers = Map.groupBy(rules, ({ head }) => head.name.text);
    const readings = rules.flatMap((rule) => rule.body.filter(isPredicate).map(({ atom }) => [atom.name.text, rule]));
    this.#readers = groupPairs(readings as [string, ExpandedRule][]);
    this.#carriesPackets = [...this.#producers.keys()].some((name) => name.endsWith(".recv"));
  }

  /** Whether the answer goes back to an external event by single rules, in which each literal matches at most one row. */
  isImmediate(answer: string): boolean {
    const [answerer, ...others] = this.#producers.get(answer) ?? [];
    if (answerer === undefined || others.length > 0) return false;
    const start = this.#eventOf(answerer);
    const [caller, ...more] = this.#producers.get(start?.atom.name.text ?? "") ?? [];
    if (start === undefined || caller === undefined || more.length > 0 || !this.#yieldsOneTuple(answerer, start))
      return false;
    const cause = this.#eventOf(caller);
    return (
      cause !== undefined && this.#hasOneReader(start) && this.#isExternal(cause) && this.#yieldsOneTuple(caller, cause)
    );
  }

  #eventOf({ body, trigger }: ExpandedRule): PredicateLiteral | undefined {
    if (trigger !== undefined) return undefined;
    return body.filter(isPredicate).find((literal) => !literal.negated && !this.#isTable(literal));
  }

  #isTable({ atom }: PredicateLiteral): boolean {
    return this.#tables.has(atom.name.text) || this.#roles.isTable(atom.name.text);
  }

  /** Whether exactly one rule reads the event. Each `periodic` is a separate timer. */
  #hasOneReader({ atom }: PredicateLiteral): boolean {
    return atom.name.text === PERIODIC || this.#readers.get(atom.name.text)?.length === 1;
  }

  #isExternal(cause: PredicateLiteral): boolean {
    const { text } = cause.atom.name;
    if (!this.#hasOneReader(cause) || text.includes("!") || text === SHUTDOWN || text === ELSE_SEND) return false;
    if (text === PERIODIC || text === TUN || text === TAP) return true;
    const isDelta = deltaEventNamed(text, (name) => this.#tables.has(name)) !== undefined;
    return !isDelta && !this.#carriesPackets && !this.#producers.has(text) && !this.#facts.has(text);
  }

  /** Whether the rule derives at most one tuple per event: each table lookup matches at most one row. */
  #yieldsOneTuple({ head, body }: ExpandedRule, event: PredicateLiteral): boolean {
    if (hasAggregate(head)) return true;
    let bound = bind(event, noneBound, this.#roles);
    for (let waiting = body.filter((literal) => literal !== event); waiting.length > 0; ) {
      const next = waiting.find((literal) => this.#yieldsOneMatch(literal, bound));
      if (next === undefined) return false;
      bound = bind(next, bound, this.#roles);
      waiting = waiting.filter((literal) => literal !== next);
    }
    return true;
  }

  #yieldsOneMatch(literal: Literal, bound: BoundSet): boolean {
    switch (literal.kind) {
      case "condition":
        return isBound(literal.test, bound);
      case "assign":
        return isBound(literal.value, bound);
      case "member":
        return false;
      case "predicate":
        return literal.negated || this.#matchesOneRow(literal, bound);
    }
  }

  #matchesOneRow({ atom }: PredicateLiteral, bound: BoundSet): boolean {
    if (atom.location !== undefined || atom.locatedArgument !== undefined) return false;
    const name = atom.name.text;
    const keys = this.#tables.get(name)?.keys ?? [];
    const isSingle = isLocalAddressTable(name) || this.#tables.get(name)?.size === 1;
    return isSingle || (keys.length > 0 && keys.every((column) => isKnown(atom.args[column] as Expression, bound)));
  }
}

function isKnown(argument: Expression, bound: BoundSet): boolean {
  return argument.kind !== "wildcard" && isBound(argument, bound);
}

function groupPairs<T>(pairs: readonly [string, T][]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const [name, one] of pairs) {
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push(one);
  }
  return groups;
}
