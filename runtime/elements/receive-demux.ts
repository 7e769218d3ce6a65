/**
 * The choice of the consumer, stage 4 of the packet path (`runtime/node/dataflow.ts`). OverlayRecvUnwrap pushes tuples; they go to
 * strands, tables, the device, sockets or the view channel.
 */
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { Element } from "./element.ts";

const drops = ["too many rows"] as const;

export const spec: ElementSpec = {
  name: "ReceiveDemux",
  manual: `
ReceiveDemux(outputs)

Passes each tuple to a consumer, which depends on the role of the tuple's predicate: to the strands that subscribe to the event, to the
table, to Tun::Tx or Tap::Tx, to Tcp, to Udp::Rx and Udp::Tx, or to ViewChannel.

Ports   in: 1 push. out: one push per predicate.
Drops   "too many rows": the sender has as many rows of the table as accept permits. An event without subscribers ends here.
Reads   counters: tuples in, tuples out
Built   by runtime/node/dataflow.ts, one per node.
Example tun(Pkt) from the device goes to the strands that subscribe to tun; tun(Pkt) from a rule or the network goes to the device.
See     OverlayRecvUnwrap, TunTx, Tcp, Udp::Rx, Udp::Tx, ViewChannel
`,
  drops,
  stateful: false,
};

export interface ReceiveOutputs {
  /** A row to insert or delete. */
  readonly toTable: (tuple: Tuple) => void;
  /** Whether the sender of the row may have another row in its table. */
  readonly hasRoomFor: (tuple: Tuple) => boolean;
  /** An event, for the strands that subscribe to it. */
  readonly toStrands: (tuple: Tuple) => void;
  /** A packet that a rule or another node writes to a TUN device. */
  readonly toTun: (tuple: Tuple) => void;
  /** A frame that a rule or another node writes to a TAP device. */
  readonly toTap: (tuple: Tuple) => void;
  /** A call of TCP or UDP, or the notice that no rule waits for a call any more. */
  readonly toSockets: (tuple: Tuple, provenance: Provenance) => void;
  /** A datagram to send by a socket of rules. */
  readonly toUdpTx: (tuple: Tuple) => void;
  /** A message of a ViewChannel: rows for this node, or an acknowledgement. */
  readonly toChannel: (tuple: Tuple, provenance: Provenance) => void;
}

export class ReceiveDemux implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #outputs: ReceiveOutputs;

  constructor(outputs: ReceiveOutputs) {
    this.#outputs = outputs;
  }

  push(tuple: Tuple, provenance: Provenance): void {
    this.counters.in++;
    const { table, role } = tuple.predicate;
    if (provenance === "network" && table !== undefined && !this.#outputs.hasRoomFor(tuple))
      return this.counters.drop("too many rows");
    this.counters.out++;
    if (table !== undefined) this.#outputs.toTable(tuple);
    else if (role.kind === "tun" && provenance !== "device") this.#outputs.toTun(tuple);
    else if (role.kind === "tap" && provenance !== "device") this.#outputs.toTap(tuple);
    else if ("event" in role && (role.event === "init" || role.event === "over")) this.#call(tuple, provenance);
    else if (role.kind === "udpSend") this.#datagram(tuple);
    else if (role.kind === "rows" || role.kind === "ack") this.#outputs.toChannel(tuple, provenance);
    else this.#outputs.toStrands(tuple);
  }

  /** Rules may subscribe to a socket call as well. */
  #call(tuple: Tuple, provenance: Provenance): void {
    this.#outputs.toStrands(tuple);
    this.#outputs.toSockets(tuple, provenance);
  }

  /** Rules may subscribe to the datagrams that other rules send. */
  #datagram(tuple: Tuple): void {
    this.#outputs.toStrands(tuple);
    this.#outputs.toUdpTx(tuple);
  }
}
