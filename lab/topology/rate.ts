const UNITS: ReadonlyMap<string, number> = new Map([
  ["bit", 1],
  ["kbit", 1e3],
  ["Mbit", 1e6],
  ["Gbit", 1e9],
]);

/** Description of the accepted rates, for error messages. */
export const RATE_FORMS: string = 'a rate per second as "500kbit", "10Mbit" or "1Gbit"';

/** Parses a rate such as `10Mbit` to bits per second. Returns undefined for other text and for rates below 1 kbit. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  const rate = factor === undefined ? 0 : Number(amount) * factor;
  return rate >= 1000 ? rate : undefined;
}

/** Formats a rate in bits per second for people: `1.5 Mbit/s`. */
export function formatRate(rate: number): string {
  const [unit, factor] = [...UNITS].reverse().find(([, size]) => rate >= size) ?? ["bit", 1];
  return `${Number((rate / factor).toPrecision(4))} ${unit}/s`;
}
