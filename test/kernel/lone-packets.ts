import { createHash } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { LinuxFlowCache } from "../../runtime/device/linux-flow-cache.ts";
import { openTun } from "../../runtime/device/tun.ts";
import { IoBatch } from "../../runtime/device/io-batch.ts";
import { openUdp } from "../../runtime/device/udp.ts";
import { parseCidr } from "../../runtime/ip/cidr.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { World } from "../../runtime/world/world.ts";
import { tunDatagram } from "../session/tun-datagram.ts";
import { SealedPeers } from "./sealed-peers.ts";

export interface Play {
  readonly program: string;
  readonly hasFlowCache: boolean;
  readonly seed: number;
  readonly events: number;
  /** Address to which the socket of the node moves after half of the events. */
  readonly movesTo?: string;
  /** Whether datagrams are sealed. After half of the events all peers then get another session. */
  readonly isSealed?: boolean;
}

/** Effects in order, and the counters of the node. */
export interface Played {
  readonly seen: readonly string[];
  readonly figures: object;
  readonly hits: Hits;
  /** Hits before the socket moved. */
  readonly hitsBefore: Hits;
  /** Hits of one packet to each peer right after the rekey. */
  readonly hitsOfRekey: number;
}

interface Hits {
  readonly sent: number;
  readonly delivered: number;
}

const SELF = "127.0.0.1:10000";
const PEERS = [10_001, 10_002, 10_003];
const INSIDE = "100.64.0.1";
const NO_HITS: Hits = { sent: 0, delivered: 0 };
/** The first bytes of a packet. */
const IPV4 = Buffer.of(0x45, 0);
const ROUNDS_MAX = 2_000;
/** Payload lengths that need no path probe, not even twice in one datagram. */
const LENGTHS = [1, 40, 41, 120, 200];
/** A longer payload, for packets that arrive. */
const LONG = 1_200;
/** Numbers of similar packets in a row, each as likely as the others. */
const REPEATS = [1, 3, 8];

/**
 * Plays packets to a node between its device and three peers on the loopback interface, all in this process, which is in a separate
 * namespace. Packets come one by one, each after the one before has been processed; rows change between them.
 */
export async function play({ program, hasFlowCache, seed, events, movesTo, isSealed }: Play): Promise<Played> {
  const stage = await Stage.open(program, hasFlowCache, isSealed === true);
  const generator = xoroshiro128plus(seed);
  const draw = (below: number): number => uniformInt(generator, 0, below - 1);
  const pick = <T>(of: readonly T[]): T => of[draw(of.length)] as T;
  for (let event = 0; event < events; event++) {
    if (movesTo !== undefined && event === events / 2) await stage.move(movesTo);
    if (isSealed === true && event === events / 2) await stage.rekey();
    const to = `100.64.0.${2 + draw(4)}`;
    const length = pick(LENGTHS);
    const ttl = pick([64, 63]);
    const kind = draw(12);
    for (let times = pick(REPEATS); times > 0; times--) {
      if (kind < 5) await stage.leave(to, length, ttl);
      else if (kind < 8) await stage.arrive(draw(PEERS.length), pick([length, LONG]));
    }
    if (kind === 8) await stage.change("insert", "addressMap", [to, `127.0.0.1:${pick(PEERS)}`]);
    if (kind === 9) await stage.change("delete", "addressMap", [to, ""]);
    if (kind === 10) await stage.change("insert", "banned", [to]);
    if (kind === 11) await stage.change("delete", "banned", [to]);
  }
  return stage.end();
}

class Stage {
  readonly #node: Node;
  readonly #inside: Socket;
  readonly #peers: readonly Socket[];
  readonly #seen: string[] = [];
  #packets = 0;
  #port = 10_000;
  #hitsBefore: Hits = NO_HITS;
  #hitsOfRekey = 0;
  readonly #sealed: SealedPeers | undefined;

  private constructor(node: Node, inside: Socket, peers: readonly Socket[], sealed: SealedPeers | undefined) {
    this.#node = node;
    this.#sealed = sealed;
    this.#inside = inside;
    this.#peers = peers;
    inside.on("message", (bytes) => this.#seen.push(`delivered ${bytes.length} ${bytes[0]}`));
    for (const [number, peer] of peers.entries()) {
      peer.on("message", (bytes, { port }) => {
        this.#seen.push(`peer ${number} has ${textOf(sealed?.open(bytes) ?? bytes)} from ${port}`);
      });
    }
  }

  static async open(text: string, hasFlowCache: boolean, isSealed: boolean): Promise<Stage> {
    const library = new FileLibrary();
    library.addText("text", text);
    const { plan, diagnostics } = compile(["text"], library, { defines: new Map(), dialect: undefined });
    if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    const share = { ioBatch: new IoBatch(), flowCache: hasFlowCache ? new LinuxFlowCache() : undefined };
    const sealed = isSealed ? new SealedPeers(PEERS.map((port) => `127.0.0.1:${port}`)) : undefined;
    const udp = await openUdp(SELF, { trains: true, ...share, links: sealed?.links });
    const address = parseCidr(`${INSIDE}/24`);
    if (!udp.ok || !address.ok) throw new Error("no socket");
    const tun = openTun({ name: "moz", address: address.cidr, mtu: 1400, trains: true, ...share });
    if (!tun.ok) throw new Error(tun.message);
    // Probes of peers that do not answer follow the clock, so two runs would differ in them.
    for (const call of ["probe", "unanswered"]) Object.defineProperty(udp.datagrams, call, { value: undefined });
    const { flowCache } = share;
    const ends = {
      datagrams: udp.datagrams,
      moveTo: udp.moveTo,
      devices: [tun.tun],
      ...(flowCache !== undefined && { flowCache }),
    };
    const world: World = { clock: new LinuxClock(), seed: 1, ...ends };
    const node = new Node(loadProgram(plan), world, { names: [SELF], facts: [], watch: [] });
    node.start();
    const inside = await bound(7, INSIDE);
    const peers = await Promise.all(PEERS.map(async (port) => bound(port, "127.0.0.1")));
    return new Stage(node, inside, peers, sealed);
  }

  /** Sends a packet through the device. */
  async leave(to: string, length: number, ttl: number): Promise<void> {
    this.#inside.setTTL(ttl);
    const filling = this.#packets++ % 256;
    await this.#passes(
      ({ tun }) => tun?.read,
      () => this.#inside.send(new Uint8Array(length).fill(filling), 9, to),
    );
  }

  /** Lets a packet arrive from a peer. */
  async arrive(peer: number, length: number): Promise<void> {
    const plain = tunDatagram([packetFrom(peer, length, this.#packets++ % 256)]);
    const datagram = this.#sealed?.seal(peer, plain) ?? plain;
    await this.#passes(
      ({ network }) => network.received,
      () => this.#peers[peer]?.send(datagram, this.#port, "127.0.0.1"),
    );
  }

  /** Moves the socket of the node. */
  async move(listen: string): Promise<void> {
    const moved = await this.#node.moveTo(listen);
    if (moved.kind === "refused") throw new Error(moved.message);
    this.#port = Number(listen.split(":")[1]);
    this.#hitsBefore = this.#node.metrics().flowCache ?? NO_HITS;
  }

  /** Fills the cache, gives all peers another session, and sends and receives one packet of each flow. */
  async rekey(): Promise<void> {
    const destinations = ["100.64.0.2", "100.64.0.3", "100.64.0.4"];
    for (const [at, to] of destinations.entries())
      await this.change("insert", "addressMap", [to, `127.0.0.1:${PEERS[at]}`]);
    const pass = async (times: number): Promise<void> => {
      for (const [peer, to] of destinations.entries()) {
        for (let turn = 0; turn < times; turn++) await this.leave(to, 1, 64);
        for (let turn = 0; turn < times; turn++) await this.arrive(peer, 1);
      }
    };
    const hits = (): number => {
      const { sent, delivered } = this.#node.metrics().flowCache ?? NO_HITS;
      return sent + delivered;
    };
    await pass(40);
    const before = hits();
    this.#sealed?.rekey();
    await pass(1);
    this.#hitsOfRekey = hits() - before;
  }

  /** Changes a row. Does nothing if the program has no such table. */
  async change(kind: "insert" | "delete", table: string, row: readonly string[]): Promise<void> {
    this.#node[kind](table, row);
    await setImmediate();
  }

  async end(): Promise<Played> {
    const { flowCache, uptime: _, peers, ...figures } = this.#node.metrics();
    const rules = figures.rules.map((rule) => ({ ...rule, seconds: 0 }));
    const collisions = figures.collisions.map((collision) => ({ ...collision, age: 0 }));
    const [network, tun] = [figures.network, figures.tun].map((of) => ({ ...of, readCycles: undefined }));
    for (const { address, sent, sentBytes, received, receivedBytes } of peers) {
      this.#seen.push(JSON.stringify({ address, sent, sentBytes, received, receivedBytes }));
    }
    await this.#node.stop();
    for (const socket of [this.#inside, ...this.#peers]) socket.close();
    const shown = { ...figures, rules, collisions, network, tun, devices: [tun] };
    return {
      seen: this.#seen,
      figures: shown,
      hits: flowCache ?? NO_HITS,
      hitsBefore: this.#hitsBefore,
      hitsOfRekey: this.#hitsOfRekey,
    };
  }

  /** Does `work`, and waits until the node has processed one more packet and its effects have arrived. */
  async #passes(
    count: (flow: ReturnType<Node["trafficMetrics"]>) => number | undefined,
    work: () => void,
  ): Promise<void> {
    const before = count(this.#node.trafficMetrics());
    work();
    for (let round = 0; count(this.#node.trafficMetrics()) === before && round < ROUNDS_MAX; round++)
      await setImmediate();
    for (let round = 0; round < 4; round++) await setImmediate();
  }
}

async function bound(port: number, address: string): Promise<Socket> {
  const socket = createSocket("udp4").bind(port, address);
  await once(socket, "listening");
  return socket;
}

/** Returns a datagram as text, without the packet identification and checksums, which differ between runs. */
function textOf(datagram: Buffer): string {
  const bytes = Buffer.from(datagram);
  const start = bytes.indexOf(IPV4);
  for (let at = start; at >= 0; at = bytes.indexOf(IPV4, at + 1)) {
    for (const place of [4, 5, 10, 11]) bytes[at + place] = 0;
  }
  const digest = createHash("sha1").update(bytes.subarray(start)).digest("base64");
  return `${bytes.toString("hex", 0, start)} ${bytes.length} ${digest}`;
}

/** Returns a UDP packet without checksum for a host behind the device. */
function packetFrom(peer: number, length: number, filling: number): Uint8Array {
  const whole = 28 + length;
  const packet = new Uint8Array(whole).fill(filling, 28);
  packet.set([0x45, 0, whole >> 8, whole & 0xff, 0, 0, 0x40, 0, 64, 17, 0, 0, 100, 64, 0, 2 + peer, 100, 64, 0, 1]);
  packet.set([0, 9, 0, 7, (8 + length) >> 8, (8 + length) & 0xff, 0, 0], 20);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += ((packet[at] as number) << 8) | (packet[at + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  packet.set([(~sum >> 8) & 0xff, ~sum & 0xff], 10);
  return packet;
}
