/**
 * UDP sockets of rules, stages 1 and 8 of the packet path (`runtime/node/dataflow.ts`). ReceiveDemux pushes calls; when the step commits,
 * `runtime/socket` performs them. The outcome of a call, and each datagram that arrives at a socket, is the input of another step.
 */
import type { StepInput } from "../engine/step-input.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { segmentCount } from "../plan/values/train.ts";
import { type UdpCall, udpCalls } from "../plan/values/udp-call.ts";
import { DatagramSockets } from "../socket/datagram-sockets.ts";
import type { RandomStream } from "../world/random.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Datagram } from "../world/world.ts";
import type { Element } from "./element.ts";
import { type FindUnreferenced, SocketCalls } from "../socket/socket-calls.ts";

const drops = ["udp: bad call", "udp: repeated", "udp: no subscriber"] as const;

export const spec: ElementSpec = {
  name: "UdpRx",
  manual: `
Udp::Rx(udp, limit)

Performs the calls of udp.open and udp.close when their step commits, and raises udp.recv(Socket, From, Bytes) for each datagram that
arrives at an open socket. Datagrams of one sender and length that arrive together form one packet train. Datagrams wait in Mux like other
inputs, and count towards the limits of Mux.

Ports   in: 1 push, udp.open.init(QID, RetAddr, Address) and udp.close.init; the sockets. out: the outcomes, udp.recv.
Drops   "udp: bad call": a malformed call from another node; "udp: repeated": a call with the query id of a call that still waits;
        "udp: no subscriber": a datagram, while no rule of the program reads udp.recv.
Reads   counters: calls and datagrams in, outcomes and datagrams out; sockets: open sockets, datagrams sent and received
Built   by runtime/node/ports.ts, one per node.
Example udp.open("0.0.0.0:7000", &Socket) in a rule comes here as udp.open.init(QID, RetAddr, "0.0.0.0:7000").
See     Udp::Tx, ReceiveDemux, Mux
`,
  drops,
  // Its sockets are state outside the tables.
  stateful: true,
};

export interface UdpRxOptions {
  /** UDP sockets of the host. Undefined if the world has none; then every call fails. */
  readonly udp: UdpSockets | undefined;
  /** Greatest number of sockets. */
  readonly limit: number;
  readonly draw: RandomStream;
  readonly now: () => number;
  readonly findUnreferenced: FindUnreferenced;
  /** Receives each outcome, and the name of the output port of the outcome. */
  readonly out: (input: StepInput, port: string) => void;
  /** Takes a datagram. */
  readonly received: (input: StepInput) => void;
}

export class UdpRx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly sockets: DatagramSockets;
  readonly #calls: SocketCalls<UdpCall>;
  readonly #received: (input: StepInput) => void;
  #event: PredicateSpec | undefined;

  constructor({ udp, limit, draw, now, findUnreferenced, out, received }: UdpRxOptions) {
    this.#received = received;
    const owner = {
      received: (socket: number, datagram: Datagram): void => this.#receive(socket, datagram),
      full: (): void => this.#calls.makeRoom(),
    };
    this.sockets = new DatagramSockets(udp, limit, draw, owner);
    this.#calls = new SocketCalls({
      kind: "udp",
      order: udpCalls,
      sockets: this.sockets,
      counters: this.counters,
      socketOf: (_call, _inputs, [output]) => output,
      now,
      findUnreferenced,
      out,
    });
  }

  /** Serves a program from now on: outcomes and datagrams become events of these predicates. */
  serve(predicates: readonly PredicateSpec[]): void {
    this.#calls.serve(predicates);
    this.#event = predicates.find(({ role }) => role.kind === "udpRecv");
  }

  /** Takes a call, or the notice that no rule waits for a call any more. */
  push(tuple: Tuple, provenance: Provenance): void {
    this.#calls.push(tuple, provenance);
  }

  flushRound(): void {
    this.#calls.flushRound();
  }

  commit(): void {
    this.#calls.commit();
  }

  abort(): void {
    this.#calls.abort();
  }

  /** Withdraws the calls for which no rule waits any more, and closes the sockets that no row, input or call references. */
  reclaim(): void {
    this.#calls.reclaim();
  }

  #receive(socket: number, { bytes, from }: Datagram): void {
    const count = segmentCount(bytes);
    this.counters.in += count;
    if (this.#event === undefined) {
      for (let lost = count; lost > 0; lost--) this.counters.drop("udp: no subscriber");
      return;
    }
    this.counters.out += count;
    const tuple = { predicate: this.#event, args: [socket, from, bytes], isDelete: false };
    this.#received({ tuple, provenance: "network", source: from });
  }
}
