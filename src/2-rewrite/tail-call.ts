/**
 * tail-call: the last thing a view does is to call itself, and to return what that returns.
 *
 *   this.return(Where) :- this.init(Key), next(Next), find@Next(Key, &Where).
 *
 * becomes `find.init@Next(QID, RetAddr, Key) :- find.init(QID, RetAddr, Key), next(Next).`: the answer goes to the first
 * caller, not back by every node on the way, and nobody on the way waits for it. A lookup over k nodes costs k + 1
 * messages instead of 2k.
 */
import type { Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import type { ProgramRule, View } from "../program/program.ts";

/**
 * Whether the call may be made on behalf of the caller. Not where that could be noticed: by a limit of its own, by what is
 * private to the calling invocation, or in the round in which a view at the same place runs.
 */
export function isTailCall(rule: ProgramRule, call: PredicateLiteral, after: readonly Literal[], view: View): boolean {
  const isOwn = rule.view === view.name && rule.head.name.text === `${view.name}.return` && !rule.isDelete;
  const travels = call.atom.location !== undefined || view.location !== undefined;
  return isOwn && travels && !view.many && call.timeout === undefined && after.length === 0 && returnsAll(rule, call);
}

/** The head returns what the call returns, in its order, and nothing else looks at it. The first argument is the query. */
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
