import { printable } from "../../../runtime/plan/values/printable.ts";

const GAP = "  ";
const NUMBER = /^-?[0-9.]+(?:e[+-]?[0-9]+)?$|^-?infinity$/;

/**
 * Returns a table as lines: headings first, columns of numbers aligned right, all others left. Cells of more than `longest` characters are
 * cut, and cells may hold any characters, since unprintable ones are escaped.
 */
export function textColumns(
  headings: readonly string[],
  cells: readonly (readonly string[])[],
  longest: number = Infinity,
): readonly string[] {
  const rows = cells.map((row) => row.map((cell) => printable(cell, longest)));
  const widths = headings.map((heading, at) =>
    rows.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), heading.length),
  );
  const isNumeric = headings.map((_, at) => rows.length > 0 && rows.every((row) => NUMBER.test(row[at] ?? "")));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (isNumeric[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [line(headings), ...rows.map(line)];
}
