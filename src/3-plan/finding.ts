import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Span } from "../../grammar/span.ts";

/**
 * Result of a check of one part of a rule: the diagnostic about the part, or undefined if it is correct. A view that is inlined and a rule
 * that was divided exist in several copies. A part of such a rule is wrong only if it is wrong in every copy.
 */
export interface Finding {
  /** What was checked: that the expression has a value, that its type is right, or that it can equal the value at the named place. */
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
