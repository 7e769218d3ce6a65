import type { Dscp } from "../../../runtime/device/dscp.ts";
import { wrongUsage } from "../terminal/failure.ts";

const DSCP_MAX = 63;

/** Parses `--dscp copy|VALUE`. */
export function parseDscp(text: string): Dscp {
  if (text === "copy") return "copy";
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= DSCP_MAX) return value;
  throw wrongUsage("--dscp", `\`${text}\` is neither copy nor an integer from 0 to ${DSCP_MAX}`);
}
