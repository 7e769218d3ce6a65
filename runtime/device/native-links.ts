/**
 * Links of the addon. native/sessions.c seals, opens and keeps the keys; this class gives links their names and numbers.
 *
 * native-datagrams.ts asks `sealing` for the peer of each datagram that it sends, and `peerOf` for the sender of each train.
 */
import { errnoName } from "../../native/errno.ts";
import { LINK_CIPHERS, LINK_COUNTS, LINK_STATE, LINKS_MAX, type LinksHandle, type Native } from "../../native/index.ts";
import { formatHostPort, type HostPort, parseHostPort, unmapped } from "../plan/values/host-port.ts";
import type { Family } from "./destinations.ts";
import type { LinkCounts, LinkedPeer, LinkEvents, Links, LinkState, SessionKeys } from "../world/links.ts";

const NS_PER_SECOND = 1e9;

export class NativeLinks implements Links {
  /** For `guard` of a socket. */
  readonly handle: LinksHandle;
  readonly #native: Native;
  readonly #counts: Float64Array;
  readonly #seals: Uint32Array;
  readonly #state: Float64Array = new Float64Array(Object.keys(LINK_STATE).length);
  readonly #byName = new Map<string, LinkedPeer>();
  /** Peers by the number of their link. */
  readonly #byLink: (LinkedPeer | undefined)[] = [undefined];
  #events: LinkEvents | undefined;
  #changes = 0;
  #onRemoved: (() => void) | undefined;
  #family: Family = 4;

  private constructor(native: Native, handle: LinksHandle, counts: Float64Array, seals: Uint32Array) {
    this.#native = native;
    this.handle = handle;
    this.#counts = counts;
    this.#seals = seals;
  }

  /** Returns a table without links, or the reason why the addon cannot seal. */
  static open(native: Native): NativeLinks | string {
    const counts = new Float64Array(Object.keys(LINK_COUNTS).length);
    const seals = new Uint32Array(LINKS_MAX + 1);
    const handle = native.openLinks(counts, seals);
    return typeof handle === "string" ? handle : new NativeLinks(native, handle, counts, seals);
  }

  /** Installs the link layer. */
  onEvents(events: LinkEvents): void {
    this.#events = events;
  }

  /** Installs a function that is called when a link has been removed: what is remembered of its number is out of date. */
  onRemoved(removed: () => void): void {
    this.#onRemoved = removed;
  }

  /** Sets the key of the first authenticator of handshake messages to this node, 32 bytes. */
  setMacKey(key: Uint8Array): void {
    succeed(this.handle.setMacKey(key));
  }

  /**
   * Adds a peer, or changes the endpoint of one. `endpoint` is a numeric `host:port`. Returns undefined if there are too many links, or the
   * socket cannot reach the endpoint.
   */
  add(name: string, endpoint: string): LinkedPeer | undefined {
    const address = this.#addressOf(endpoint);
    const link = this.#byName.get(name)?.link ?? this.#freeLink();
    if (address === undefined || link > LINKS_MAX) return undefined;
    succeed(this.handle.setEndpoint(link, address));
    const peer = this.#byLink[link] ?? { name, link };
    this.#byLink[link] = peer;
    this.#byName.set(name, peer);
    return peer;
  }

  /** An IPv6 socket reaches IPv4 addresses in their mapped form. An IPv4 socket reaches no IPv6 address. */
  #addressOf(endpoint: string): Uint8Array | undefined {
    const parsed = parseHostPort(endpoint);
    if (!parsed.ok || parsed.at.family === undefined || parsed.at.family > this.#family) return undefined;
    const { host, port, family } = parsed.at;
    return this.#native.socketAddress(family < this.#family ? `::ffff:${host}` : host, port);
  }

  /** Sets the address family of the socket that sends, and translates the endpoints. The socket does not reach those of another family. */
  useFamily(family: Family): void {
    if (family === this.#family) return;
    const peers = [...this.#byName.values()].map((peer) => ({ name: peer.name, endpoint: this.state(peer)?.endpoint }));
    this.#family = family;
    for (const { name, endpoint } of peers) if (endpoint !== undefined) this.add(name, endpoint);
  }

  #freeLink(): number {
    const free = this.#byLink.indexOf(undefined, 1);
    return free === -1 ? this.#byLink.length : free;
  }

  /** Removes a peer and its sessions. */
  remove({ name, link }: LinkedPeer): void {
    this.handle.removeLink(link);
    this.#byName.delete(name);
    this.#byLink[link] = undefined;
    this.#onRemoved?.();
  }

  /** Adds a session to a link. Returns undefined, or the code of the error: `EEXIST` for a known key id, `ENOSPC` for a full link. */
  addSession({ link }: LinkedPeer, keys: SessionKeys): string | undefined {
    const { id, peerId, cipher, sealKey, openKey, isConfirmed } = keys;
    const errno = this.handle.addSession(link, id, peerId, LINK_CIPHERS[cipher], sealKey, openKey, isConfirmed);
    return errno === 0 ? undefined : errnoName(errno);
  }

  removeSession(id: number): void {
    this.handle.removeSession(id);
  }

  /** Lets a link seal with one of its sessions. Returns false if it has no such session. */
  sealWith({ link }: LinkedPeer, id: number): boolean {
    return this.handle.sealWith(link, id);
  }

  /** Returns the peer of a name if it has a session that seals. */
  sealing(name: string): LinkedPeer | undefined {
    const peer = this.#byName.get(name);
    return peer !== undefined && this.#seals[peer.link] !== 0 ? peer : undefined;
  }

  /** Returns the endpoint of a peer, numeric. */
  endpointOf(peer: LinkedPeer): HostPort | undefined {
    const parsed = parseHostPort(this.state(peer)?.endpoint ?? "");
    return parsed.ok ? parsed.at : undefined;
  }

  /** Returns the peer of a link. */
  peerOf(link: number): LinkedPeer | undefined {
    return this.#byLink[link];
  }

  state({ link }: LinkedPeer): LinkState | undefined {
    const numbers = this.#state;
    const address = this.handle.state(link, numbers);
    if (address === undefined) return undefined;
    const [id = 0, sealed = 0, sealedAt = 0, openedAt = 0] = numbers;
    const endpoint = formatHostPort(unmapped(this.#native.hostText(address)), portOf(address));
    return {
      endpoint,
      id: id === 0 ? undefined : id,
      sealed,
      sealedAt: secondsOf(sealedAt),
      openedAt: secondsOf(openedAt),
    };
  }

  get counts(): LinkCounts {
    const of = (which: keyof typeof LINK_COUNTS): number => this.#counts[LINK_COUNTS[which]] as number;
    return {
      sealed: of("sealed"),
      opened: of("opened"),
      forged: of("forged"),
      replayed: of("replayed"),
      unknownKey: of("unknownKey"),
      unsealed: of("unsealed"),
      wrongMac: of("wrongMac"),
      overrun: of("overrun"),
    };
  }

  /** Tells the link layer if a session has been confirmed or an endpoint has moved since the last call. */
  reportChanges(): void {
    const changes = (this.#counts[LINK_COUNTS.confirmed] as number) + (this.#counts[LINK_COUNTS.moved] as number);
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#events?.changed();
  }

  /** Tells the link layer of a datagram with nothing inside. */
  receiveKeepalive(peer: LinkedPeer): void {
    this.#events?.keepalive(peer);
  }

  /** Passes a received message of the handshake to the link layer. */
  receive(bytes: Uint8Array, from: string): void {
    this.#events?.handshake(bytes, from);
  }

  /** Passes a copy of a datagram that cannot be sealed to the link layer. */
  handBack(to: string, bytes: Uint8Array, trafficClass: number): void {
    this.#events?.unsealable(to, new Uint8Array(bytes), trafficClass);
  }
}

function succeed(errno: number): void {
  if (errno !== 0) throw new Error(`the addon refuses a link: ${errnoName(errno)}`);
}

function portOf(address: Uint8Array): number {
  return ((address[2] ?? 0) << 8) | (address[3] ?? 0);
}

function secondsOf(ns: number): number | undefined {
  return ns === 0 ? undefined : ns / NS_PER_SECOND;
}
