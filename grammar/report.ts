import type { Diagnostic, RelatedSpan, Severity } from "./diagnostic.ts";
import { MESSAGES } from "./messages.ts";
import type { Span } from "./span.ts";
import type { Wording } from "./wording.ts";

export type Code = keyof typeof MESSAGES;

/** Facts of a diagnostic: the parameter of its message function. */
export type Facts<C extends Code> = Parameters<(typeof MESSAGES)[C]> extends readonly [infer F] ? F : NoFacts;

export type NoFacts = Readonly<Record<string, never>>;

/** Builds a diagnostic with the message of `MESSAGES`. Missing or unknown facts are a type error. */
export function report<C extends Code>(
  code: C,
  span: Span | undefined,
  facts: Facts<C>,
  related: readonly RelatedSpan[] = [],
): Diagnostic {
  const messageOf = MESSAGES[code] as (facts: Facts<C>) => Wording;
  const wording = messageOf(facts);
  const { message, help } = typeof wording === "string" ? { message: wording, help: undefined } : wording;
  return { code, severity: severityOf(code), span, message, help, related };
}

function severityOf(code: Code): Severity {
  return code.startsWith("E") ? "error" : "warning";
}
