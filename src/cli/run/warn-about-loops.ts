import { networkInterfaces } from "node:os";
import { type Cidr, contains, formatCidr, parseCidr } from "../../../runtime/ip/cidr.ts";
import { ADDRESS_MAP, type Fact } from "../../../runtime/node/peer-facts.ts";
import { Address } from "../../../runtime/plan/values/address.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import type { Log } from "../terminal/log.ts";

/**
 * Warns about peers in the subnet of the device: datagrams to them enter the tunnel and are dropped there. A peer in a subnet of another
 * interface with a longer prefix is no problem, because the kernel prefers the longer prefix.
 */
export function warnAboutLoops(addresses: readonly string[], device: string, tunAddress: Cidr, log: Log): void {
  const others = subnets((name) => name !== device);
  const own = [tunAddress, ...subnets((name) => name === device)];
  for (const address of addresses) {
    const bytes = numericHost(address);
    const covering = bytes && longest(own.filter((subnet) => contains(subnet, bytes)));
    if (bytes === undefined || covering === undefined) continue;
    const other = longest(others.filter((subnet) => contains(subnet, bytes)));
    if (other !== undefined && other.prefix > covering.prefix) continue;
    log.warn(
      `peer ${address} is in ${formatCidr(covering)}, the network of ${device}: datagrams for it enter the tunnel and are dropped`,
      { peer: address, device },
    );
  }
}

/** Returns the addresses of peers in facts: the members of overlays, and the locations of virtual addresses. */
export function peersInFacts(facts: readonly Fact[]): readonly string[] {
  const values = facts
    .filter(({ predicate }) => predicate === ADDRESS_MAP || /(?:^|\.)member$/.test(predicate))
    .map(({ args }) => nodeOf(args.at(-1)));
  return [...new Set(values.filter((value) => typeof value === "string"))];
}

function nodeOf(value: Value | undefined): Value | undefined {
  return value instanceof Address ? nodeOf(value.node) : value;
}

function numericHost(address: string): Uint8Array | undefined {
  const parsed = parseHostPort(address);
  return parsed.ok && parsed.at.family !== undefined ? parseIp(parsed.at.host) : undefined;
}

function subnets(isWanted: (name: string) => boolean): readonly Cidr[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => isWanted(name))
    .flatMap(([, addresses = []]) => addresses)
    .flatMap(({ cidr }) => {
      const parsed = cidr === null ? undefined : parseCidr(cidr);
      return parsed?.ok === true ? [parsed.cidr] : [];
    });
}

function longest(cidrs: readonly Cidr[]): Cidr | undefined {
  return cidrs.toSorted((one, other) => other.prefix - one.prefix)[0];
}
