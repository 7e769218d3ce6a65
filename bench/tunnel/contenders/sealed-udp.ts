/** UDP sockets for sealed-node.ts: the socket of the node has a session with each `--peer` of the command line. */
import { createHash } from "node:crypto";
import { loadNative } from "../../../native/index.ts";
import { NativeLinks } from "../../../runtime/device/native-links.ts";
import { openUdp as openPlainUdp, type UdpOptions, type UdpResult } from "../../../runtime/device/udp.ts";
import type { SessionKeys } from "../../../runtime/world/links.ts";

let cipher: SessionKeys["cipher"] = "aes-256-gcm";

export function setCipher(name: string | undefined): void {
  if (name !== "aes-256-gcm" && name !== "chacha20-poly1305") throw new Error(`no such cipher: ${name}`);
  cipher = name;
}

export async function openUdp(listen: string, options: UdpOptions = {}): Promise<UdpResult> {
  const peers = process.argv.flatMap((word) => /^--peer=(?:[^=]*=)?(.+)$/.exec(word)?.[1] ?? []);
  // Sockets of rules do not steer, and are not sealed.
  if (options.steers === false) return openPlainUdp(listen, options);
  return openPlainUdp(listen, { ...options, links: linksOf(listen, peers) });
}

function linksOf(self: string, peers: readonly string[]): NativeLinks {
  const native = loadNative();
  const links = "missing" in native ? native.missing : NativeLinks.open(native);
  if (typeof links === "string") throw new Error(links);
  for (const peer of peers) {
    const added = links.add(peer, peer);
    const error = added === undefined ? "not numeric" : links.addSession(added, keysOf(self, peer));
    if (error !== undefined) throw new Error(`no session with ${peer}: ${error}`);
  }
  return links;
}

/** The keys of each direction come from the addresses of both ends. */
function keysOf(self: string, peer: string): SessionKeys {
  const [sealKey, openKey] = [keyOf(self, peer), keyOf(peer, self)];
  const idOf = (key: Buffer): number => 1 + (key.readUInt32BE() >>> 1);
  return { id: idOf(openKey), peerId: idOf(sealKey), cipher, sealKey, openKey, isConfirmed: true };
}

function keyOf(from: string, to: string): Buffer {
  return createHash("sha256").update(`${from} ${to}`).digest();
}
