const UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["kB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
]);

/** Description of the accepted numbers of bytes, for error messages. */
export const BYTES_FORMS: string = 'a number of bytes as 20000, "500kB", "10MB" or "1GB"';

/** Parses a positive number of bytes. Returns undefined for other values. */
export function parseBytes(written: number | string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(String(written)) ?? [];
  const bytes = typeof written === "number" ? written : Math.round(Number(amount) * (UNITS.get(unit) ?? NaN));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** Formats a number of bytes for people: `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const [unit, factor] = [...UNITS].reverse().find(([, size]) => bytes >= size) ?? ["B", 1];
  return `${Number((bytes / factor).toPrecision(4))} ${unit}`;
}
