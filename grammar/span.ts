/** The two dialects one parser reads; LANGUAGE section 1 says what differs. */
export type Dialect = "mozlog" | "overlog" | "overlog-flat";

/** One file as the user wrote it. `file` is the name messages show. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly dialect: Dialect;
}

/** A piece of a source: character offsets, `end` exclusive. A macro's expansion has the span of its use. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** A name and where it stands. */
export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** The smallest span that holds both; they must be of one file, otherwise the first is returned. */
export function joinSpans(first: Span, last: Span): Span {
  if (first.file !== last.file) return first;
  return { file: first.file, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
