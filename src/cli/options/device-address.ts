import { networkInterfaces } from "node:os";
import { type Cidr, contains, formatCidr, parseCidr } from "../../../runtime/ip/cidr.ts";
import { deviceAddressProblem } from "../../../runtime/ip/device-address.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import { wrongUsage } from "../terminal/failure.ts";

/**
 * Parses `--tun-addr`. Refuses addresses that the kernel refuses or that no packet reaches, and a network that contains the numeric
 * address of `--listen`: datagrams of peers would enter the tunnel.
 */
export function parseDeviceAddress(text: string, listen: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw wrongUsage("--tun-addr", parsed.message);
  const problem = deviceAddressProblem(parsed.cidr) ?? coveredListen(parsed.cidr, listen);
  if (problem !== undefined) throw wrongUsage("--tun-addr", problem);
  return parsed.cidr;
}

/** Returns a message if the network contains the address of `--listen`, unless another interface has a longer prefix for this address. */
function coveredListen(cidr: Cidr, listen: string): string | undefined {
  const parsed = parseHostPort(listen);
  const bytes = parsed.ok ? parseIp(parsed.at.host) : undefined;
  if (bytes === undefined || !contains(cidr, bytes)) return undefined;
  const hasLongerPrefix = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses.map((one) => one.cidr ?? ""))
    .map((text) => parseCidr(text))
    .some((other) => other.ok && other.cidr.prefix > cidr.prefix && contains(other.cidr, bytes));
  return hasLongerPrefix
    ? undefined
    : `${formatCidr(cidr)} contains ${listen} (--listen), so datagrams of peers would enter the tunnel; choose another network`;
}
