const UNITS: ReadonlyMap<string, number> = new Map([
  ["bit", 1],
  ["kbit", 1e3],
  ["Mbit", 1e6],
  ["Gbit", 1e9],
]);

/** What `parseRate` reads, in words for a message. */
export const RATE_FORMS: string = 'a rate per second as "500kbit", "10Mbit" or "1Gbit"';

/** Bits a second: `10Mbit`. Undefined when the text is no rate. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  const rate = factor === undefined ? 0 : Number(amount) * factor;
  return rate >= 1000 ? rate : undefined;
}

/** `1.5 Mbit/s` */
export function formatRate(rate: number): string {
  const [unit, factor] = [...UNITS].reverse().find(([, size]) => rate >= size) ?? ["bit", 1];
  return `${Number((rate / factor).toPrecision(4))} ${unit}/s`;
}
