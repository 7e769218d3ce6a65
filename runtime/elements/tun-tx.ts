/**
 * The exit of device packets, stage 8 of the packet path (`runtime/node/dataflow.ts`). ReceiveDemux pushes `tun` tuples; when the step
 * commits, their packets are written to the TUN device.
 */
import { type HeaderChanges, readHeader, rewriteHeader, declaredLength } from "../ip/ip-packet.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { segmentCount, isTrain, segmentsOf, type Train, trainOf } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { Tun } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = ["tun: no device", "tun: no IP packet", "tun: bad header field"] as const;

export const spec: ElementSpec = {
  name: "TunTx",
  manual: `
Tun::Tx(tun)

Writes the packet of tun(Packet, Source, Destination, Protocol, TTL) to the device when the step commits. An argument other than null
replaces the field of the header, and the checksums are updated; null leaves the field unchanged. All packets of a train get the same
changes.

Ports   in: 1 push. out: the device.
Drops   "tun: no device": the node has none; "tun: no IP packet"; "tun: bad header field": a field of the wrong type or IP version.
Reads   counters: tuples in, packets out
Built   by runtime/node/ports.ts, one per node.
Example tun(Pkt, _, "10.0.0.5") sends the packet to another host.
See     TunRx, ReceiveDemux
`,
  drops,
  // The flow cache cannot repeat a change of a header. It counts `rewritten` as a loss, so it does not cache a run with such a change.
  stateful: false,
};

export class TunTx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Number of packets and trains in whose headers rules changed a field. */
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
    if (isTrain(packet) && !isUniform(packet)) for (const segment of packet.segments()) this.#packet(segment, args);
    else this.#packet(packet, args);
  }

  #packet(packet: Uint8Array, args: readonly Value[]): void {
    if (readHeader(packet) === undefined) return this.counters.drop("tun: no IP packet");
    if (leavesHeader(args)) {
      this.#packets.push(packet);
      return;
    }
    const changed = withHeader(packet, args);
    if (changed === undefined) return this.counters.drop("tun: bad header field");
    this.rewritten++;
    this.#packets.push(changed);
  }

  /** Writes the packets of the step. */
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
 * Whether a check of the first packet is valid for all packets of a train: all have the same first byte (IP version, header length), and
 * each has the length that its header declares. A train whose packets come from several senders may be different; then each packet is
 * checked.
 */
function isUniform(train: Train): boolean {
  const bytes = new Uint8Array(train.buffer, train.byteOffset);
  for (let segment = 0; segment < train.count; segment++) {
    const isLast = segment === train.count - 1;
    const at = isLast ? train.lastAt : segment * train.stride;
    if (bytes[at] !== bytes[0] || declaredLength(bytes, at) !== (isLast ? train.lastLength : train.length))
      return false;
  }
  return true;
}

/** Whether the tuple gives no header field, as most tuples do. */
function leavesHeader(args: readonly Value[]): boolean {
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
  const segments = segmentsOf(packet).map((segment) => rewriteHeader(segment, changes));
  return segments.every((segment) => segment !== undefined) ? trainOf(segments) : undefined;
}
