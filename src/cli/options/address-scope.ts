import { parseHostPort } from "../../../runtime/ip/host-port.ts";

/** An address to listen at, and none to send to. */
export function isUnspecified(name: string): boolean {
  const host = parseHostPort(name);
  return host.ok && ["0.0.0.0", "::"].includes(host.at.host);
}

/** An address that only this machine reaches. */
export function isLoopback(name: string): boolean {
  const address = parseHostPort(name);
  if (!address.ok) return false;
  const { host } = address.at;
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
