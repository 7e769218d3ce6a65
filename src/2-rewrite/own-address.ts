/**
 * own-address: in a rule with an event and an aggregate, `localAddr(Me)` becomes an assignment. So columns of the head have the address
 * even if no row joins.
 *
 *   h(Me, count<*>) :- e(X), localAddr(Me), t(X).   becomes   h(Me, count<*>) :- e(X), Me := local address, t(X).
 */
import type { Literal } from "../../grammar/ast.ts";
import { isLocalAddressTable, overlayOfAddressTable } from "../program/builtin.ts";
import { locationOf } from "../program/location-of.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import { localAddressAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";

export function readOwnAddress(rule: ExpandedRule, isTable: (name: string) => boolean): ExpandedRule {
  const isEvent = (literal: Literal): boolean =>
    isPredicate(literal) && !literal.negated && !isTable(literal.atom.name.text);
  if (!hasAggregate(rule.head) || (rule.trigger === undefined && !rule.body.some(isEvent))) return rule;
  return { ...rule, body: rule.body.map(addressAsValue) };
}

function addressAsValue(literal: Literal): Literal {
  if (!isPredicate(literal) || literal.negated || locationOf(literal.atom) !== undefined) return literal;
  const { name, args, span } = literal.atom;
  const [target] = args;
  if (!isLocalAddressTable(name.text) || target?.kind !== "variable") return literal;
  return { kind: "assign", target, value: localAddressAt(overlayOfAddressTable(name.text), span), span };
}
