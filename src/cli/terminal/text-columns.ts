const GAP = "  ";
const NUMBER = /^-?[0-9.]+(?:e[+-]?[0-9]+)?$|^-?infinity$/;

/** Returns a table as lines of text: headings first, columns of numbers aligned right, all others left. */
export function textColumns(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = headings.map((heading, at) =>
    rows.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), heading.length),
  );
  const isNumeric = headings.map((_, at) => rows.length > 0 && rows.every((row) => NUMBER.test(row[at] ?? "")));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumeric[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [line(headings), ...rows.map(line)];
}
