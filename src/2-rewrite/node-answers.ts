/**
 * node-answers: the rules that send results of a built-in view to callers on other nodes.
 *
 *   tcp.read.return@RetAddr(QID, R1) :- tcp.read.answered(QID, RetAddr, R1).
 *   tcp.read.fail@RetAddr(QID, Why)  :- tcp.read.refused(QID, RetAddr, Why).
 */
import type { Atom, PredicateLiteral } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import type { View } from "../program/program.ts";
import { atomAt, literalAt, variableAt } from "./core.ts";
import { QUERY, RETURN_ADDRESS } from "./invocation.ts";

/** The events that the node raises for an outcome whose caller is remote. */
export function answerEvents({ name }: View): Readonly<Record<"return" | "fail", string>> {
  return { return: `${name}.answered`, fail: `${name}.refused` };
}

export function answerRules(
  view: View,
  span: Span,
): readonly { readonly head: Atom; readonly event: PredicateLiteral }[] {
  const [query, back] = [variableAt(QUERY, span), variableAt(RETURN_ADDRESS, span)];
  const results = {
    return: view.outputs.map(({ name }) => variableAt(`$R_${name}`, span)),
    fail: [variableAt("$Why", span)],
  };
  return (["return", "fail"] as const).map((outcome) => {
    const given = results[outcome];
    return {
      head: atomAt(`${view.name}.${outcome}`, [query, ...given], span, back),
      event: literalAt(atomAt(answerEvents(view)[outcome], [query, back, ...given], span)),
    };
  });
}
