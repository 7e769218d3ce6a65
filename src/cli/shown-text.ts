interface Place {
  readonly line: number;
  readonly column: number;
}

/** Lines are counted from 1, columns from 0. */
export interface Location {
  readonly start: Place;
  readonly end: Place;
}

/** Characters of a line that are shown; of a longer one those around the place. */
const MOST_SHOWN = 160;

/** Controls (but for the tab) and what else makes or hides lines: a terminal would obey them. */
const UNPRINTABLE = /[^\P{C}\t]|\p{Zl}|\p{Zp}/gu;

/** A text as a terminal can take it, as far as it is shown around a place, and where the place is in it. */
export function shownText(text: string, { start, end }: Location): { readonly text: string; readonly place: Location } {
  const first = start.line - 1;
  const last = end.line + 1;
  const lines = text.split("\n").map((line, at) => (at + 1 < first || at + 1 > last ? "" : line.replace(/\r$/, "")));
  const isLong = lines.some((line) => line.length > MOST_SHOWN);
  const from = isLong ? Math.max(0, start.column - MOST_SHOWN / 2) : 0;
  const shown = lines.map((line) => line.slice(from, from + MOST_SHOWN).replaceAll(UNPRINTABLE, "\u{fffd}"));
  const within = (column: number): number => Math.min(Math.max(column - from, 0), MOST_SHOWN);
  return {
    text: shown.join("\n"),
    place: {
      start: { line: start.line, column: within(start.column) },
      end: { line: end.line, column: within(end.column) },
    },
  };
}
