import type { Span } from "./span.ts";

export type Severity = "error" | "warning";

/** What is wrong with a program, said in its own names. Values, collected: nothing throws one. */
export interface Diagnostic {
  /** `E....` for errors, `W....` for warnings; the table of all of them is `messages.ts`. */
  readonly code: string;
  readonly severity: Severity;
  /** Where; undefined when the trouble has no place in a text (a missing file named on the command line). */
  readonly span: Span | undefined;
  /** One sentence. */
  readonly message: string;
  /** What to write instead, where there is an answer. */
  readonly help: string | undefined;
  /** Other places that belong to it: the first declaration, the event already in the rule. */
  readonly related: readonly RelatedSpan[];
}

export interface RelatedSpan {
  readonly span: Span;
  readonly message: string;
}
