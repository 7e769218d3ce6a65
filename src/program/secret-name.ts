import type { Expression } from "../../grammar/ast.ts";

/** Functions whose first argument is a key: bytes, or the name of a secret. */
const KEYED: ReadonlySet<string> = new Set(["f_hmac", "f_open", "f_seal"]);

/**
 * Returns the name of the secret that a call has as its key. Undefined if the key is not a string literal, or the function takes no key.
 */
export function secretName(expression: Expression): string | undefined {
  if (expression.kind !== "call" || !KEYED.has(expression.name.text)) return undefined;
  const [key] = expression.args;
  return key?.kind === "constant" && typeof key.value === "string" ? key.value : undefined;
}
