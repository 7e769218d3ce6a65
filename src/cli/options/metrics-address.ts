import { type HostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Parses `--metrics [HOST:]PORT`. Without a host, only this machine can connect. */
export function parseMetricsAddress(text: string): HostPort {
  const parsed = parseHostPort(/^:?\d+$/.test(text) ? `127.0.0.1:${text.replace(":", "")}` : text);
  if (!parsed.ok) throw wrongUsage("--metrics", parsed.message);
  return parsed.at;
}
