import { createHmac } from "node:crypto";
import { LinkLayer, type LinkIdentity } from "../../runtime/link/link-layer.ts";
import { keyPairOf, type KeyPair } from "../../runtime/link/x25519.ts";
import { SimClock } from "../../runtime/sim/sim-clock.ts";
import { VirtualTime } from "../../runtime/sim/virtual-time.ts";
import { NEW_YEAR } from "./keys.ts";
import { type MemoryDatagram, MemoryLinks } from "./memory-links.ts";

/** A packet under way: a message of the handshake, or a sealed datagram. */
export interface FlyingPacket {
  readonly from: string;
  readonly to: string;
  readonly content: Uint8Array | MemoryDatagram;
}

/** What the network does with a packet: the delays in seconds of its copies. None: it is lost. */
export type Fate = (packet: FlyingPacket) => readonly number[];

const DELAY = 0.01;

export interface LinkHost {
  readonly address: string;
  readonly keys: KeyPair;
  readonly layer: LinkLayer;
  readonly links: MemoryLinks;
  /** Texts of the datagrams that arrived, with their senders. */
  readonly got: string[];
}

/** Link layers with keys that are connected by a simulated network. */
export class LinkNetwork {
  readonly time: VirtualTime = new VirtualTime();
  readonly hosts: Map<string, LinkHost> = new Map();
  /** All packets sent so far. */
  readonly packets: FlyingPacket[] = [];
  fate: Fate = () => [DELAY];
  /** Addresses whose names are still being resolved. */
  readonly unresolved: Set<string> = new Set();
  /** Seconds by which the clocks of all hosts are ahead. */
  clockError = 0;
  #drawn = 0;

  /** Adds a host with the address `name:1`. The secret of its key is one byte, repeated. */
  add(name: string, secret: number, membership?: LinkIdentity["membership"]): LinkHost {
    const address = `${name}:1`;
    const keys = keyPairOf(new Uint8Array(32).fill(secret));
    const links = new MemoryLinks(() => this.time.now);
    const got: string[] = [];
    const layer = new LinkLayer(
      { keys, membership },
      {
        clock: new SimClock(this.time),
        wallTime: () => NEW_YEAR + this.time.now + this.clockError,
        random: (length) => this.#draw(length),
        mac,
        hasAes: true,
        links,
        sendHandshake: (to, content) => {
          if (this.unresolved.has(to)) return false;
          this.carry({ from: this.addressOf(host), to, content });
          return true;
        },
        send: (to, bytes) => this.#send(host, to, bytes),
      },
    );
    const host: LinkHost = { address, keys, layer, links, got };
    this.hosts.set(address, host);
    return host;
  }

  /** Moves a host to another address. */
  move(host: LinkHost, address: string): void {
    this.hosts.delete(this.addressOf(host));
    this.hosts.set(address, host);
  }

  addressOf(host: LinkHost): string {
    return [...this.hosts].find(([, one]) => one === host)?.[0] ?? "nowhere";
  }

  /** Sends a text from a host to a peer. */
  say(host: LinkHost, to: string, text: string): void {
    this.#send(host, to, Buffer.concat([HEADER, Buffer.from(text)]));
  }

  runUntil(time: number): void {
    this.time.runUntil(time);
  }

  /** Lets the network carry a packet. */
  carry(packet: FlyingPacket): void {
    this.packets.push(packet);
    for (const delay of this.fate(packet)) this.time.add(this.time.now + delay, { fire: () => this.#deliver(packet) });
  }

  #send(host: LinkHost, to: string, bytes: Uint8Array): void {
    const sealed = host.links.seal(to, bytes);
    if (sealed === undefined) host.layer.unsealable(to, bytes, 0);
    else this.carry({ from: this.addressOf(host), to: sealed.to, content: sealed.sealed });
  }

  #deliver({ from, to, content }: FlyingPacket): void {
    const host = this.hosts.get(to);
    if (host === undefined) return;
    if (content instanceof Uint8Array) return host.layer.handshake(content, from);
    const peer = host.links.open(content, from);
    if (peer === undefined) return;
    if (content.bytes.length === HEADER.length) host.layer.keepalive(peer);
    else host.got.push(`${peer.name}: ${Buffer.from(content.bytes.subarray(HEADER.length)).toString()}`);
  }

  #draw(length: number): Uint8Array {
    const bytes = createHmac("sha512", "chance")
      .update(String(this.#drawn++))
      .digest();
    return Uint8Array.from(bytes.subarray(0, length));
  }
}

/** Two hosts that have pinned each other's keys. */
export function pinnedPair(network: LinkNetwork): { readonly a: LinkHost; readonly b: LinkHost } {
  const a = network.add("a", 10);
  const b = network.add("b", 11);
  a.layer.pin({ name: "b:1", key: b.keys.publicKey, endpoint: "b:1" });
  b.layer.pin({ name: "a:1", key: a.keys.publicKey, endpoint: "a:1" });
  return { a, b };
}

const HEADER = Buffer.from([0x4d, 0x5a, 1, 0]);

function mac(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac("blake2s256", key).update(bytes).digest().subarray(0, 16);
}
