import { loadNative, type Native } from "../../native/index.ts";
import { NativeLinks } from "../../runtime/device/native-links.ts";
import type { UdpOptions } from "../../runtime/device/udp.ts";
import type { LinkedPeer } from "../../runtime/world/links.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { openSocket } from "./open-socket.ts";

/** A socket with links, and what its link layer is told. */
export interface LinkedSocket {
  readonly datagrams: Datagrams;
  readonly links: NativeLinks;
  readonly told: {
    readonly handshakes: string[];
    readonly unsealable: string[];
    readonly keepalives: string[];
    changes: number;
  };
}

export async function openLinked(listen: string = "127.0.0.1:0", options: UdpOptions = {}): Promise<LinkedSocket> {
  const links = NativeLinks.open(addon());
  if (typeof links === "string") throw new Error(links);
  const datagrams = await openSocket(listen, { trains: true, ...options, links });
  const told = { handshakes: [] as string[], unsealable: [] as string[], keepalives: [] as string[], changes: 0 };
  links.onEvents({
    handshake: (bytes, from) => told.handshakes.push(`${from} ${Buffer.from(bytes).toString("hex")}`),
    unsealable: (to, bytes, trafficClass) => told.unsealable.push(`${to} ${bytes.length} ${trafficClass}`),
    changed: () => told.changes++,
    keepalive: (peer) => told.keepalives.push(peer.name),
  });
  return { datagrams, links, told };
}

function addon(): Native {
  const native = loadNative();
  if ("missing" in native) throw new Error(native.missing);
  return native;
}

let nextId = 1;

/**
 * Gives two sockets a confirmed session with each other, under the names `here` and `there`. The second sends to `back`, by default the
 * address of the first.
 */
export function join(
  here: LinkedSocket,
  there: LinkedSocket,
  back: string = here.datagrams.address,
): { readonly here: LinkedPeer; readonly there: LinkedPeer } {
  const [one, other] = [nextId++, nextId++];
  const [first, second] = [new Uint8Array(32).fill(one), new Uint8Array(32).fill(other)];
  const cipher = "aes-256-gcm" as const;
  const peers = {
    there: peer(here.links, "there", there.datagrams.address),
    here: peer(there.links, "here", back),
  };
  const isConfirmed = true;
  here.links.addSession(peers.there, { id: one, peerId: other, cipher, sealKey: first, openKey: second, isConfirmed });
  there.links.addSession(peers.here, { id: other, peerId: one, cipher, sealKey: second, openKey: first, isConfirmed });
  return peers;
}

function peer(links: NativeLinks, name: string, endpoint: string): LinkedPeer {
  const added = links.add(name, endpoint);
  if (added === undefined) throw new Error(`no link to ${endpoint}`);
  return added;
}
