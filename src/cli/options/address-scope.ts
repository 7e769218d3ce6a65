import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";

/** Whether a socket can listen at the address, but nobody can send to it: `0.0.0.0` and `::`. */
export function isUnspecified(name: string): boolean {
  const host = parseHostPort(name);
  return host.ok && ["0.0.0.0", "::"].includes(host.at.host);
}

/** Whether only this machine can reach the address. */
export function isLoopback(name: string): boolean {
  const address = parseHostPort(name);
  if (!address.ok) return false;
  const { host } = address.at;
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
