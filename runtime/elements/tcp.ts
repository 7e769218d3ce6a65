/**
 * TCP calls of rules, stages 1 and 8 of the packet path (`runtime/node/dataflow.ts`). ReceiveDemux pushes calls; when the step commits,
 * `runtime/socket` performs them. The outcome of a call goes to Mux as the input of another step.
 */
import type { StepInput } from "../engine/step-input.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { type StreamCall, streamCalls } from "../plan/values/stream-call.ts";
import { type SocketOwner, Sockets } from "../socket/sockets.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { RandomStream } from "../world/random.ts";
import type { Streams } from "../world/streams.ts";
import type { Element } from "./element.ts";
import { type FindUnreferenced, SocketCalls } from "../socket/socket-calls.ts";

const drops = ["tcp: bad call", "tcp: repeated", "tcp: turned away"] as const;

export const spec: ElementSpec = {
  name: "Tcp",
  manual: `
Tcp(streams, limits)

Performs the calls of tcp.listen, tcp.accept, tcp.connect, tcp.read, tcp.write, tcp.shutdown and tcp.close when their step commits. The
outcome of a call starts another step, for example with tcp.read.return(QID, Packet) or tcp.read.fail(QID, Reason). A read returns the next
bytes of its socket. While no read waits, the node takes no data from the connection, so that back-pressure reaches the remote sender. The
calls of one batch of events are sorted by function, in the order above, and the calls of one function by their values.

Ports   in: 1 push, tcp.read.init(QID, RetAddr, Socket, Length) and the other calls; the sockets. out: the outcomes, tcp.closed(Socket).
Drops   "tcp: bad call": a malformed call from another node; "tcp: repeated": a call with the query id of a call that still waits;
        "tcp: turned away": an incoming connection for which the limits left no room.
Reads   counters: calls in, outcomes out; sockets: open sockets, waiting calls
Built   by runtime/node/ports.ts, one per node.
Example tcp.connect("10.0.0.2:7000", &Skt) in a rule comes here as tcp.connect.init(QID, RetAddr, "10.0.0.2:7000").
See     ReceiveDemux, Mux
`,
  drops,
  // Its sockets are state outside the tables.
  stateful: true,
};

export interface TcpOptions {
  /** TCP sockets of the host. Undefined if the world has none; then every call fails. */
  readonly streams: Streams | undefined;
  readonly limits: SocketLimits;
  readonly draw: RandomStream;
  readonly now: () => number;
  readonly findUnreferenced: FindUnreferenced;
  /** Receives each outcome, and the name of the output port of the outcome. */
  readonly out: (input: StepInput, port: string) => void;
}

export class Tcp implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly sockets: Sockets;
  readonly #calls: SocketCalls<StreamCall>;
  readonly #out: (input: StepInput, port: string) => void;
  #closed: PredicateSpec | undefined;

  constructor({ streams, limits, draw, now, findUnreferenced, out }: TcpOptions) {
    this.#out = out;
    const owner: SocketOwner = {
      closed: (socket) => this.#raiseClosed(socket),
      turnedAway: () => this.counters.drop("tcp: turned away"),
      full: () => this.#calls.makeRoom(),
    };
    this.sockets = new Sockets(streams, limits, draw, owner);
    this.#calls = new SocketCalls({
      kind: "tcp",
      order: streamCalls,
      sockets: this.sockets,
      counters: this.counters,
      socketOf: (call, [input], [output]) => (call === "read" || call === "write" ? input : output),
      now,
      findUnreferenced,
      out,
    });
  }

  /** Serves a program from now on: outcomes become events of these predicates. */
  serve(predicates: readonly PredicateSpec[]): void {
    this.#calls.serve(predicates);
    this.#closed = predicates.find(({ role }) => role.kind === "tcpClosed");
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

  #raiseClosed(socket: number): void {
    const predicate = this.#closed;
    if (predicate === undefined) return;
    const tuple = { predicate, args: [socket], isDelete: false };
    this.#out({ tuple, provenance: "rule", source: null, onAborted: undefined }, predicate.name);
  }
}
