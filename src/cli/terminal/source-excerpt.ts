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
  /** What the first of its lines is counted as. */
  readonly firstLine: number;
  /** The place, its lines counted as before. */
  readonly range: SourceRange;
}

/** Characters of a line that are shown; of a longer one those around the place. */
const MAX_WIDTH = 160;

/** Controls (but for the tab) and what else makes or hides lines: a terminal would obey them. */
const UNPRINTABLE = /[^\P{C}\t]|\p{Zl}|\p{Zp}/gu;

/** The lines around a place as a terminal can take them; `lineAt` is the text of a line, undefined where there is none. */
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
