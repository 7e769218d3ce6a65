import type { Cidr } from "../../../runtime/ip/cidr.ts";
import { ADDRESS_MAP, type Fact, type Peer, peerText } from "../../../runtime/node/peer-facts.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { formatValue } from "../../../runtime/plan/values/format.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";

/** Refuses two peers with one virtual address, and a peer with the address of one of this node's devices. */
export function checkPeers(peers: readonly Peer[], devices: readonly Cidr[]): void {
  const owners = new Map<string, string>();
  for (const peer of peers) {
    const { virtual } = peer;
    if (virtual === undefined) continue;
    const address = peerText(peer);
    const owner = owners.get(virtual) ?? address;
    if (owner !== address)
      throw wrongUsage("--peer", `${virtual} is the virtual address of both ${owner} and ${address}`);
    if (devices.some((device) => device.address === virtual))
      throw wrongUsage(
        "--peer",
        `${virtual} is the address of this node (--tun-addr), so ${address} cannot have it too`,
      );
    owners.set(virtual, address);
  }
}

/** Refuses facts of a node that give one virtual address two locations: the node would keep only one row, an arbitrary one. */
export function checkVirtualAddresses({ facts: programFacts, predicates }: Plan, facts: readonly Fact[]): void {
  const owners = new Map<Value, string>();
  const ofProgram = programFacts
    .filter(({ location, predicate }) => location === undefined && predicates[predicate]?.name === ADDRESS_MAP)
    .map(({ args }) => args);
  const ofNode = facts.filter(({ predicate }) => predicate === ADDRESS_MAP).map(({ args }) => args);
  for (const [virtual = null, location = null] of [...ofProgram, ...ofNode]) {
    const here = formatValue(location);
    const owner = owners.get(virtual) ?? here;
    if (owner !== here)
      throw runFailed(
        `${ADDRESS_MAP}: the virtual address ${formatValue(virtual)} has two locations, ${owner} and ${here}`,
      );
    owners.set(virtual, owner);
  }
}
