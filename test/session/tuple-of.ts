import { parse } from "../../grammar/parse.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { asPacket } from "../../src/program/as-packet.ts";
import { rewriteExpression } from "../../src/program/rewrite-expression.ts";
import { constantValue } from "../../src/program/constant-value.ts";
import { eventSpec } from "../predicate-spec.ts";

/** Parses `p(1, "a")` into the name and the arguments. */
export function tupleOf(text: string): [string, Values] {
  const { tree } = parse(
    { file: "command", text: `${text}.`, dialect: "mozlog" },
    { defines: new Map(), load: () => undefined },
  );
  const [fact] = tree.statements;
  if (fact?.kind !== "fact") throw new Error(`no fact: ${text}`);
  const args = fact.atom.args.map((argument): Value => {
    if (argument.kind === "return" || argument.kind === "aggregate") throw new Error(`no fact: ${text}`);
    return constantValue(rewriteExpression(argument, asPacket), eventSpec) ?? null;
  });
  return [fact.atom.name.text, args];
}
