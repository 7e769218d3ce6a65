import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--send-rate N`: a number of tuples per second. */
export function parseSendRate(text: string): number {
  if (text === "infinity") return Infinity;
  const rate = Number(text);
  if (Number.isSafeInteger(rate) && rate > 0) return rate;
  throw wrongUsage("--send-rate", `\`${text}\` is neither a number from 1 nor \`infinity\``);
}
