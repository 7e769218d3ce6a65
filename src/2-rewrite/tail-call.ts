/**
 * tail-call: a view that ends by calling itself passes its return address on.
 *
 *   this.return(Where) :- this.init(Key), next(Next), find@Next(Key, &Where).
 *
 * becomes `find.init@Next(QID, RetAddr, Key) :- find.init(QID, RetAddr, Key), next(Next).` The answer goes directly to the original
 * caller, and no node on the path stores a context. A lookup over k nodes costs k + 1 messages instead of 2k.
 */
import type { Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import type { ProgramRule, View } from "../program/program.ts";

/**
 * Whether the callee may return directly to the caller of this view. No rule may observe the difference. So the call must have neither
 * `timeout` nor `outcome`, the view must return only once, and the call or the definition must have a location, so that the callee never
 * runs in the same round.
 */
export function isTailCall(rule: ProgramRule, call: PredicateLiteral, after: readonly Literal[], view: View): boolean {
  const isOwn = rule.view === view.name && rule.head.name.text === `${view.name}.return` && !rule.isDelete;
  const isPlain = call.timeout === undefined && call.outcome === undefined;
  const travels = call.atom.location !== undefined || view.location !== undefined;
  return isOwn && travels && !view.many && isPlain && after.length === 0 && returnsAll(rule, call);
}

/** Whether the head returns the results of the call, in order, and no literal uses them. The first argument of the head is the query id. */
function returnsAll({ head, body }: ProgramRule, call: PredicateLiteral): boolean {
  const returned = call.atom.args.flatMap((argument) => (argument.kind === "return" ? [argument.name] : []));
  const given = head.args.slice(1).map((argument) => (argument.kind === "variable" ? argument.name : undefined));
  const isSame =
    given.length === returned.length && given.every((name, at) => name !== undefined && name === returned[at]);
  const elsewhere = new Set(
    body
      .flatMap(expressionsOfLiteral)
      .flatMap((one) => variablesIn(one))
      .map(({ name }) => name),
  );
  return (
    isSame &&
    new Set(given).size === given.length &&
    !returned.some((name) => name !== undefined && elsewhere.has(name))
  );
}
