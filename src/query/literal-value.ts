import { parse } from "../../grammar/parse.ts";
import type { Source } from "../../grammar/span.ts";
import { constantValue } from "../program/constant-value.ts";
import type { Value } from "../../runtime/plan/values/value.ts";

/** Returns the value of a literal as a program writes it: `12`, `"a"`, `sr::["10.0.0.2:10000"]`. Undefined if the text is no literal. */
export function literalValue(text: string): Value | undefined {
  const source: Source = { file: "literal", text: `literal(${text}).`, dialect: "mozlog" };
  const { tree, diagnostics } = parse(source, { defines: new Map(), load: () => undefined });
  const [statement, ...others] = tree.statements;
  if (diagnostics.some(({ severity }) => severity === "error") || others.length > 0) return undefined;
  if (statement?.kind !== "fact") return undefined;
  const {
    args: [argument, ...rest],
    locatedArgument,
  } = statement.atom;
  if (locatedArgument !== undefined) return undefined;
  if (argument === undefined || rest.length > 0 || argument.kind === "aggregate" || argument.kind === "return")
    return undefined;
  return constantValue(argument, () => undefined);
}
