import { type IpHeader, destinationText, sourceText } from "./ip-packet.ts";
import { parseHostPort } from "../plan/values/host-port.ts";

const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const MORE_FRAGMENTS = 0x20;
const IPV6_FRAGMENT = 44;
const IPV6_FIXED = 40;
/** Number of datagrams whose later fragments are still recognised. */
const FRAGMENTED_MAX = 64;

/**
 * Recognises the datagrams of a UDP socket of this host among IP packets. If the route to a peer leads into the TUN device, the kernel
 * hands the node's own datagrams back to the node. The node would wrap and send them again without end.
 */
export class OwnDatagrams {
  #port = 0;
  /** Host to which the socket is bound; undefined if it is bound to all addresses of this host. */
  #host: string | undefined;
  readonly #isLocalHost: (host: string) => boolean;
  /** Addresses and identification of datagrams whose first fragment was recognised, oldest first. */
  readonly #fragmented = new Set<string>();

  /** `address` is the numeric `host:port` of the socket. `isLocalHost` returns whether an interface of this host has an address. */
  constructor(address: string, isLocalHost: (host: string) => boolean) {
    this.#isLocalHost = isLocalHost;
    this.moveTo(address);
  }

  /** Takes note that the socket has another address. */
  moveTo(address: string): void {
    const parsed = parseHostPort(address);
    this.#port = parsed.ok ? parsed.at.port : 0;
    this.#host = parsed.ok && !UNSPECIFIED.has(parsed.at.host) ? parsed.at.host.replace(/%.*/, "") : undefined;
  }

  /** Returns whether a UDP packet, or a fragment, comes from the socket or goes to it. `header` must be the header of this packet. */
  has(packet: Uint8Array, header: IpHeader): boolean {
    if (header.isLaterFragment) return this.#fragmented.size > 0 && this.#hasLaterFragment(packet, header);
    const at = header.payloadAt;
    if (at + 4 > header.length) return false;
    const isSource = portAt(packet, at) === this.#port && this.#isOwn(sourceText(packet, header));
    if (!isSource && (portAt(packet, at + 2) !== this.#port || !this.#isOwn(destinationText(packet, header))))
      return false;
    if (hasMoreFragments(packet, header)) this.#remember(fragmentKey(packet, header));
    return true;
  }

  #isOwn(host: string): boolean {
    return this.#host === undefined ? this.#isLocalHost(host) : host === this.#host;
  }

  #hasLaterFragment(packet: Uint8Array, header: IpHeader): boolean {
    const key = fragmentKey(packet, header);
    if (!this.#fragmented.has(key)) return false;
    if (!hasMoreFragments(packet, header)) this.#fragmented.delete(key);
    return true;
  }

  #remember(key: string): void {
    const [oldest = ""] = this.#fragmented.size >= FRAGMENTED_MAX ? this.#fragmented : [];
    this.#fragmented.delete(oldest);
    this.#fragmented.add(key);
  }
}

/** Returns whether a packet is a fragment of a larger one. */
export function isFragment(packet: Uint8Array, header: IpHeader): boolean {
  return header.isLaterFragment || hasMoreFragments(packet, header);
}

function hasMoreFragments(packet: Uint8Array, { version, payloadAt }: IpHeader): boolean {
  if (version === 4) return ((packet[6] ?? 0) & MORE_FRAGMENTS) !== 0;
  return payloadAt > IPV6_FIXED && packet[6] === IPV6_FRAGMENT && ((packet[IPV6_FIXED + 3] ?? 0) & 1) !== 0;
}

/** Returns the fields that all fragments of a datagram share: its addresses and its identification. */
function fragmentKey(packet: Uint8Array, header: IpHeader): string {
  const at = header.version === 4 ? 4 : IPV6_FIXED + 4;
  const identification = packet.subarray(at, at + (header.version === 4 ? 2 : 4));
  return `${sourceText(packet, header)} ${destinationText(packet, header)} ${identification.join(".")}`;
}

function portAt(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}
