import { type Cidr, contains, formatCidr, parseCidr } from "./cidr.ts";

/** Address blocks that no device can have, with the reason. */
const REFUSED: readonly (readonly [Cidr, string])[] = (
  [
    ["0.0.0.0/8", "is no address of a host"],
    ["127.0.0.0/8", "is a loopback address"],
    ["224.0.0.0/4", "is a multicast address"],
    ["255.255.255.255/32", "is the broadcast address"],
    ["::/128", "is no address of a host"],
    ["::1/128", "is a loopback address"],
    ["ff00::/8", "is a multicast address"],
    ["fe80::/10", "is a link-local address, which peers cannot name without an interface"],
  ] as const
).flatMap(([text, why]) => {
  const parsed = parseCidr(text);
  return parsed.ok ? [[parsed.cidr, why] as const] : [];
});

/** Returns why a device cannot have an address and a network: the kernel refuses them, or no packet reaches them. */
export function deviceAddressProblem(cidr: Cidr): string | undefined {
  const { address, bytes, prefix } = cidr;
  const refused = REFUSED.find(([block]) => contains(block, bytes));
  if (refused !== undefined) return `${address} ${refused[1]}; for example 100.64.0.1/24`;
  if (prefix === 0) return `the prefix 0 covers all addresses, also those of the peers; for example ${address}/24`;
  // RFC 3021: a prefix of 31 bits has neither a network address nor a broadcast address. IPv6 has no broadcast addresses.
  if (bytes.length !== 4 || prefix > 30) return undefined;
  const network = formatCidr(cidr);
  const hostBits = hostPart(bytes, prefix);
  if (hostBits === 0)
    return `${address} is the address of the network ${network} itself; take an address of a host in it`;
  if (hostBits === 2 ** (32 - prefix) - 1)
    return `${address} is the broadcast address of the network ${network}; take an address of a host in it`;
  return undefined;
}

function hostPart(bytes: Uint8Array, prefix: number): number {
  return Buffer.from(bytes).readUInt32BE() % 2 ** (32 - prefix);
}
