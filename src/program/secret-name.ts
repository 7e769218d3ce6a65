import type { Expression } from "../../grammar/ast.ts";

/** Functions whose first argument is a key: bytes, or the name of a secret. */
const KEYED: ReadonlySet<string> = new Set(["f_hmac", "f_open", "f_seal"]);

/** Returns the name of the secret that a call names as its key. Names are literals; other calls have undefined. */
export function secretName(expression: Expression): string | undefined {
  if (expression.kind !== "call" || !KEYED.has(expression.name.text)) return undefined;
  const [key] = expression.args;
  return key?.kind === "constant" && typeof key.value === "string" ? key.value : undefined;
}
