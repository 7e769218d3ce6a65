import { formatHostPort, type HostPort } from "../../../runtime/plan/values/host-port.ts";
import { wrongUsage } from "../terminal/failure.ts";

const LARGEST_PORT = 65_535;

/**
 * Returns the addresses that `count` nodes of one process bind: consecutive ports from the port of `--listen`. With port 0 the kernel
 * chooses each port.
 */
export function listenAddresses({ host, port }: HostPort, count: number): readonly string[] {
  const last = port + count - 1;
  if (port > 0 && last > LARGEST_PORT)
    throw wrongUsage(
      "--nodes",
      `${count} nodes from port ${port} on would need ports up to ${last}; the last port is 65535`,
    );
  return Array.from({ length: count }, (_, at) => formatHostPort(host, port === 0 ? 0 : port + at));
}

/** Returns the value of `--nodes`. */
export function parseNodeCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= LARGEST_PORT) return count;
  throw wrongUsage("--nodes", `\`${text}\` is not a number of nodes from 1 to ${LARGEST_PORT}`);
}
