import type { Expression, Literal, PredicateLiteral } from "../../../grammar/ast.ts";
import { addressTable, atomAt, literalAt, variableAt } from "../../2-rewrite/core.ts";
import { rewriteAtom, rewriteLiteral } from "../../program/rewrite-expression.ts";
import type { PlainRule } from "./plain-names.ts";

const LOCAL_VARIABLE = "$Here";

/** A rule without `$localAddress`. `readsLocalAddress`: the rule called this function before the replacement. */
export interface RuleWithAddresses extends PlainRule {
  readonly readsLocalAddress: boolean;
}

/** Replaces calls of `$localAddress`, which no program can write, by variables that literals of `localAddr` bind. */
export function withAddressLiterals({ head, body }: PlainRule): RuleWithAddresses {
  const variables = new Map<string, string>();
  const change = (part: Expression): Expression => {
    const table = addressTable(part);
    if (table === undefined) return part;
    const variable = variables.get(table) ?? `${LOCAL_VARIABLE}${variables.size === 0 ? "" : variables.size + 1}`;
    variables.set(table, variable);
    return variableAt(variable, part.span);
  };
  const assigned = body.map((literal) => addressOf(literal) ?? literal);
  const plain = { head: rewriteAtom(head, change), body: assigned.map((literal) => rewriteLiteral(literal, change)) };
  const read = [...variables].map(([table, variable]) => addressLiteral(table, variableAt(variable, head.span)));
  const readsLocalAddress = read.length > 0 || assigned.some((literal, at) => literal !== body[at]);
  return { head: plain.head, body: [...plain.body, ...read], readsLocalAddress };
}

/** Returns the literal `localAddr(X)` for an assignment of the address to X. */
function addressOf(literal: Literal): PredicateLiteral | undefined {
  const table = literal.kind === "assign" ? addressTable(literal.value) : undefined;
  return literal.kind === "assign" && table !== undefined ? addressLiteral(table, literal.target) : undefined;
}

function addressLiteral(table: string, variable: Expression): PredicateLiteral {
  return literalAt(atomAt(table, [variable], variable.span));
}
