import type { Span } from "./span.ts";

export type Severity = "error" | "warning";

/** Error or warning about a program. Diagnostics are values that are collected, never thrown. */
export interface Diagnostic {
  /** `E` or `W` and four digits; `messages.ts` lists all codes. */
  readonly code: string;
  readonly severity: Severity;
  /** Position in the program; undefined if there is none, as for a missing file on the command line. */
  readonly span: Span | undefined;
  /** One sentence that states the error. */
  readonly message: string;
  /** Suggestion of what to write instead. */
  readonly help: string | undefined;
  /** Other positions that explain the error, such as the first declaration of a table. */
  readonly related: readonly RelatedSpan[];
}

export interface RelatedSpan {
  readonly span: Span;
  readonly message: string;
}
