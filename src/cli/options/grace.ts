import { parseDuration } from "../../../lab/topology/duration.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--grace DURATION`, as in `10s`, to seconds. */
export function parseGrace(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw wrongUsage("--grace", `\`${text}\` is no duration, as in 500ms, 10s or 2min`);
  return seconds;
}
