import { type Cidr, contains, formatCidr } from "../../../runtime/ip/cidr.ts";
import { ipAddressesOf, type Peer, peerText } from "../../../runtime/node/peer-facts.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import { isLoopback, isUnspecified } from "../options/address-scope.ts";
import type { Log } from "../terminal/log.ts";

/** Warns about peers that are the node itself, and about virtual addresses for which no device has a route. */
export function warnAboutUselessPeers(
  peers: readonly Peer[],
  own: readonly string[],
  devices: readonly Cidr[],
  log: Pick<Log, "warn">,
): void {
  for (const peer of peers) {
    const { virtual, address } = peer;
    const text = peerText(peer);
    if (typeof address === "string" && own.includes(address))
      log.warn(`peer ${text} is the address of this node (--listen or --addr): leave it out`, { peer: text });
    const bytes = virtual === undefined ? undefined : parseIp(virtual);
    if (devices.length === 0 || bytes === undefined || devices.some((device) => contains(device, bytes))) continue;
    const networks = devices.map(formatCidr).join(" and ");
    log.warn(
      `peer ${text}: its virtual address ${virtual} is outside ${networks} (--tun-addr), ` +
        `so this host has no route for it through ${devices.length === 1 ? "the device" : "a device"}`,
      { peer: text },
    );
  }
}

/** Warns about peers on other hosts if the node is bound to a loopback address: the kernel sends nothing from it to other hosts. */
export function warnAboutRemotePeers(
  peers: readonly Peer[],
  bound: string,
  isLocalHost: (host: string) => boolean,
  log: Pick<Log, "warn">,
): void {
  const at = parseHostPort(bound);
  if (!at.ok || !isLoopback(bound)) return;
  const isRemote = (address: string): boolean => {
    const peer = parseHostPort(address);
    if (!peer.ok || peer.at.family === undefined || isLoopback(address) || isUnspecified(address)) return false;
    return !isLocalHost(peer.at.host);
  };
  for (const peer of peers) {
    if (!ipAddressesOf(peer.address).some(isRemote)) continue;
    const text = peerText(peer);
    const everywhere = at.at.family === 6 ? "[::]" : "0.0.0.0";
    log.warn(
      `peer ${text} is on another host, which a node at ${bound} cannot reach: ` +
        `use --listen ${everywhere}:${at.at.port} with --addr, or an address of this host`,
      { peer: text },
    );
  }
}
