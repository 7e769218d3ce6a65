/** Opens the links of a node with keys: the table of the addon that seals, and the link layer that agrees on sessions. */
import { loadNative, type Native } from "../../../native/index.ts";
import { NativeLinks } from "../../../runtime/device/native-links.ts";
import { hasAesInstructions } from "../../../runtime/device/processor.ts";
import { LinkLayer } from "../../../runtime/link/link-layer.ts";
import type { Clock, Datagrams } from "../../../runtime/world/world.ts";
import type { LinkKeys, NodeKeys } from "../options/links.ts";
import { runFailed } from "../terminal/failure.ts";

const MS_PER_SECOND = 1000;

/** Returns the table of links, which the socket seals by; undefined for links without keys. Throws `Failure` if it cannot be made. */
export function openLinks(keys: LinkKeys): NativeLinks | undefined {
  if (keys.kind === "open") return undefined;
  const links = NativeLinks.open(addon());
  if (typeof links === "string") throw runFailed(`--key: ${links}`);
  return links;
}

/** Starts the link layer of a socket that seals by `links`, and pins the keys of the peers. */
export function startLinkLayer(
  { keys, pinned }: NodeKeys,
  links: NativeLinks,
  datagrams: Datagrams,
  clock: Clock,
): LinkLayer {
  const native = addon();
  const layer = new LinkLayer(
    { keys, membership: undefined },
    {
      clock,
      wallTime: () => Date.now() / MS_PER_SECOND,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      // `NativeLinks.open` has shown that the addon has this function.
      mac: (key, bytes) => native.mac(key, bytes) as Uint8Array,
      hasAes: hasAesInstructions(),
      links,
      sendHandshake: (to, bytes) => datagrams.sendHandshake?.(to, bytes) ?? true,
      send: (to, bytes, trafficClass) => datagrams.send(to, bytes, trafficClass),
    },
  );
  for (const peer of pinned) layer.pin(peer);
  return layer;
}

function addon(): Native {
  const native = loadNative();
  if ("missing" in native) throw runFailed(`--key: ${native.missing}`);
  return native;
}
