interface LineAndColumn {
  readonly line: number;
  readonly column: number;
}

/** Lines are counted from 1, columns from 0. */
export interface SourceRange {
  readonly start: LineAndColumn;
  readonly end: LineAndColumn;
}

export interface SourceExcerpt {
  readonly text: string;
  /** Line number of the first line of `text`. */
  readonly firstLine: number;
  /** The requested range. Its line numbers are unchanged; its columns refer to `text`. */
  readonly range: SourceRange;
}

/** Number of characters of a line that are shown. A longer line is cut around the start of the range. */
const MAX_WIDTH = 160;

/** Characters that may control a terminal: control characters except the tab, and line separators. */
const UNPRINTABLE = /[^\P{C}\t]|\p{Zl}|\p{Zp}/gu;

/** Returns the lines around a range, safe to print on a terminal. `lineAt` returns the text of a line, undefined past the end. */
export function sourceExcerpt(
  lineAt: (line: number) => string | undefined,
  { start, end }: SourceRange,
): SourceExcerpt {
  const firstLine = Math.max(1, start.line - 1);
  const lines: string[] = [];
  for (let line = firstLine; line <= end.line + 1; line++) {
    const text = lineAt(line);
    if (text !== undefined) lines.push(text.endsWith("\r") ? text.slice(0, -1) : text);
  }
  const isLong = lines.some((line) => line.length > MAX_WIDTH);
  const from = isLong ? Math.max(0, start.column - MAX_WIDTH / 2) : 0;
  const shown = lines.map((line) => line.slice(from, from + MAX_WIDTH).replaceAll(UNPRINTABLE, "\u{fffd}"));
  const within = (column: number): number => Math.min(Math.max(column - from, 0), MAX_WIDTH);
  return {
    text: shown.join("\n"),
    firstLine,
    range: {
      start: { line: start.line, column: within(start.column) },
      end: { line: end.line, column: within(end.column) },
    },
  };
}
