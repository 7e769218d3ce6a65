/** Conversions to seconds. They divide, because a multiplication would make `20ms` another double than `0.02`. */
const UNITS: ReadonlyMap<string, (amount: number) => number> = new Map([
  ["us", (amount: number) => amount / 1e6],
  ["ms", (amount: number) => amount / 1e3],
  ["s", (amount: number) => amount],
  ["min", (amount: number) => amount * 60],
  ["h", (amount: number) => amount * 3600],
]);

/** Description of the accepted durations, for error messages. */
export const DURATION_FORMS: string = 'a duration as "20ms", "2s" or "5min"';

/** Parses a duration in the notation of Mozlog, such as `20ms` or `1.5min`, to seconds. Returns undefined for other text. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? [];
  return amount === undefined || unit === undefined ? undefined : UNITS.get(unit)?.(Number(amount));
}

/** Formats a duration in seconds for people: `870 ms`, `12.5 s`, `15.0 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "for ever";
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 0.0095) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 9.9995) return `${(seconds * 1e3).toFixed(0)} ms`;
  return seconds < 600 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}
