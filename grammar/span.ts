/** Dialect of a program: Mozlog, OverLog, or OverLog without operator precedence. docs/language.md lists the differences. */
export type Dialect = "mozlog" | "overlog" | "overlog-flat";

/** Text of one file. `file` is its name in messages. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly dialect: Dialect;
}

/** Range of characters in a source, `end` exclusive. Tokens from a macro have the span of the macro's use. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Name with its position in the source. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** Returns the smallest span that contains both, or the first one if they are in different files. */
export function joinSpans(first: Span, last: Span): Span {
  if (first.file !== last.file) return first;
  return { file: first.file, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
