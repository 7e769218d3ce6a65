import { type HeaderChanges, readHeader, rewriteHeader, declaredLength } from "../ip/ip-packet.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { segmentCount, isTrain, segmentsOf, type Train, trainOf } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { Tun } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "TunTx",
  manual: `
Tun::Tx(tun)

Writes the packet of tun(Packet, Source, Destination, Protocol, TTL) to the device when the step ends, with the
header fields that are given set and the checksums repaired; null leaves a field alone. Of a train every packet.

Ports   in: 1 push. out: the device.
Drops   "tun: no device", "tun: no IP packet", "tun: bad header field".
Reads   counters: tuples in, packets out
Built   by runtime/node/dataflow.ts, one per node.
Example tun(Pkt, _, "10.0.0.5") sends the packet to another host.
See     TunRx, ReceiveDemux
`,
  inputs: "1",
  outputs: "0",
  drops: ["tun: no device", "tun: no IP packet", "tun: bad header field"],
};

export class TunTx {
  readonly counters: ElementCounters = new ElementCounters();
  /** Packets whose header rules have changed. */
  rewritten = 0;
  readonly #tun: Tun | undefined;
  #packets: Uint8Array[] = [];

  constructor(tun: Tun | undefined) {
    this.#tun = tun;
  }

  push({ args }: Tuple): void {
    this.counters.in++;
    const [packet] = args;
    if (this.#tun === undefined) return this.counters.drop("tun: no device");
    if (!(packet instanceof Uint8Array)) return this.counters.drop("tun: no IP packet");
    if (isTrain(packet) && !isEven(packet)) for (const row of packet.segments()) this.#packet(row, args);
    else this.#packet(packet, args);
  }

  #packet(packet: Uint8Array, args: readonly Value[]): void {
    if (readHeader(packet) === undefined) return this.counters.drop("tun: no IP packet");
    if (isAsItWas(args)) {
      this.#packets.push(packet);
      return;
    }
    const changed = withHeader(packet, args);
    if (changed === undefined) return this.counters.drop("tun: bad header field");
    this.rewritten++;
    this.#packets.push(changed);
  }

  /** The step is done. */
  commit(): void {
    if (this.#packets.length === 0) return;
    const packets = this.#packets;
    this.#packets = [];
    for (const packet of packets) {
      this.counters.out += segmentCount(packet);
      this.#tun?.write(packet);
    }
  }

  abort(): void {
    this.#packets = [];
  }
}

/**
 * Whether each packet begins as the first and is as long as it says: then they are what the first is. Otherwise each is looked
 * at by itself, for they need not be of one sender.
 */
function isEven(train: Train): boolean {
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let row = 0; row < train.count; row++) {
    const isLast = row === train.count - 1;
    const at = isLast ? train.lastAt : row * train.stride;
    if (bytes[at] !== bytes[0] || declaredLength(bytes, at) !== (isLast ? train.lastLength : train.length))
      return false;
  }
  return true;
}

/** Whether rules leave the header as it is, as most do. */
function isAsItWas(args: readonly Value[]): boolean {
  for (let at = 1; at < args.length; at++) if (args[at] !== null) return false;
  return true;
}

function withHeader(packet: Uint8Array, args: readonly Value[]): Uint8Array | undefined {
  const [, source = null, destination = null, protocol = null, ttl = null] = args;
  const changes: HeaderChanges = {
    ...(typeof source === "string" && { source }),
    ...(typeof destination === "string" && { destination }),
    ...(typeof protocol === "number" && { protocol }),
    ...(typeof ttl === "number" && { ttl }),
  };
  const given = [source, destination, protocol, ttl].filter((field) => field !== null).length;
  return given === Object.keys(changes).length ? rewritten(packet, changes) : undefined;
}

function rewritten(packet: Uint8Array, changes: HeaderChanges): Uint8Array | undefined {
  if (!isTrain(packet)) return rewriteHeader(packet, changes);
  const rows = segmentsOf(packet).map((row) => rewriteHeader(row, changes));
  return rows.every((row) => row !== undefined) ? trainOf(rows) : undefined;
}
