import { readFileSync } from "node:fs";
import { runFailed } from "../terminal/failure.ts";

/** Bit of CAP_NET_ADMIN in a set of capabilities (capabilities(7)). */
const CAP_NET_ADMIN = 12n;

/** Throws `Failure` if this process lacks CAP_NET_ADMIN, which it needs to restore its device. */
export function checkNetAdmin(): void {
  const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  if (effective === undefined || (BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) return;
  throw runFailed(
    "--tun-restore: the process has no CAP_NET_ADMIN, so it could not restore the device: omit --user, " +
      "or use a service with AmbientCapabilities=CAP_NET_ADMIN",
  );
}
