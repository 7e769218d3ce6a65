import { type HeaderChanges, readHeader, rewriteHeader } from "../ip/ip-packet.ts";
import type { Tuple } from "../plan/packet.ts";
import { rowsOf, Train, trainOf } from "../plan/train.ts";
import type { Value } from "../plan/value.ts";
import type { Tun } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

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
  readonly #tun: Tun | undefined;
  #packets: Uint8Array[] = [];

  constructor(tun: Tun | undefined) {
    this.#tun = tun;
  }

  push({ args }: Tuple): void {
    this.counters.in++;
    const [packet] = args;
    if (this.#tun === undefined) return this.counters.drop("tun: no device");
    if (!(packet instanceof Uint8Array) || readHeader(packet) === undefined) {
      return this.counters.drop("tun: no IP packet");
    }
    const changed = withHeader(packet, args);
    if (changed === undefined) return this.counters.drop("tun: bad header field");
    this.#packets.push(changed);
  }

  /** The step is done. */
  leave(): void {
    if (this.#packets.length === 0) return;
    const packets = this.#packets;
    this.#packets = [];
    this.counters.out += packets.length;
    for (const packet of packets) this.#tun?.write(packet);
  }

  forget(): void {
    this.#packets = [];
  }
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
  const understood = Object.keys(changes).length;
  if (given !== understood) return undefined;
  return understood === 0 ? packet : rewritten(packet, changes);
}

function rewritten(packet: Uint8Array, changes: HeaderChanges): Uint8Array | undefined {
  if (!(packet instanceof Train)) return rewriteHeader(packet, changes);
  const rows = rowsOf(packet).map((row) => rewriteHeader(row, changes));
  return rows.every((row) => row !== undefined) ? trainOf(rows) : undefined;
}
