import { type Cidr, contains, formatCidr } from "../../../runtime/ip/cidr.ts";
import { type Peer, peerText } from "../../../runtime/node/peer-facts.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Log } from "../terminal/log.ts";

/** Warns about peers that are the node itself, and about virtual addresses for which the device has no route. */
export function warnAboutUselessPeers(
  peers: readonly Peer[],
  own: readonly string[],
  device: Cidr | undefined,
  log: Pick<Log, "warn">,
): void {
  for (const peer of peers) {
    const { virtual, address } = peer;
    const text = peerText(peer);
    if (typeof address === "string" && own.includes(address))
      log.warn(`peer ${text} is the address of this node (--listen or --addr): leave it out`, { peer: text });
    const bytes = virtual === undefined ? undefined : parseIp(virtual);
    if (device === undefined || bytes === undefined || contains(device, bytes)) continue;
    log.warn(
      `peer ${text}: its virtual address ${virtual} is outside ${formatCidr(device)} (--tun-addr), ` +
        "so this host has no route for it through the device",
      { peer: text },
    );
  }
}
