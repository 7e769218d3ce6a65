import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Span } from "../../grammar/span.ts";

/**
 * Part of a rule as a check sees it: the diagnostic about it, or undefined if it can have a value. A view that is inlined, and a rule
 * that was divided, exist several times: a part of them is wrong only if it is in every copy.
 */
export interface Finding {
  /** The expression has no value, one of the wrong type, or one that never equals another at the named place. */
  readonly about: "value" | "type" | "comparison" | "assignment" | "column" | "negation" | "deletion";
  readonly span: Span;
  readonly error: Diagnostic | undefined;
}

/** Returns the diagnostics about the parts that are wrong in every copy. */
export function diagnosticsOf(findings: readonly Finding[]): readonly Diagnostic[] {
  if (findings.every(({ error }) => error === undefined)) return [];
  const errors = new Map<string, Diagnostic | undefined>();
  for (const { about, span, error } of findings) {
    const position = `${about} ${span.file}:${span.start}:${span.end}`;
    errors.set(position, errors.has(position) ? errors.get(position) && error : error);
  }
  return [...errors.values()].filter((error) => error !== undefined);
}
