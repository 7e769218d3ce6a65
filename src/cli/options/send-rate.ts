import { wrongUsage } from "../terminal/failure.ts";

/** Returns the tuples in a second of `--send-rate N`. */
export function parseSendRate(text: string): number {
  if (text === "infinity") return Infinity;
  const rate = Number(text);
  if (Number.isSafeInteger(rate) && rate > 0) return rate;
  throw wrongUsage("--send-rate", `\`${text}\` is neither a number from 1 nor \`infinity\``);
}
