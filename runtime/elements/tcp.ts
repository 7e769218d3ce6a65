/**
 * Socket calls of rules, steps 1 and 8 of the packet's path (`runtime/node/dataflow.ts`). ReceiveDemux pushes calls; when the step
 * commits, `runtime/socket` performs them. An outcome becomes the input of another step and goes to Mux.
 */
import type { StepInput } from "../engine/step-input.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import { ownedTuple } from "../plan/values/owned.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { type StreamCall, streamCalls, type StreamEvent } from "../plan/values/stream-call.ts";
import { compare, compareValues, type Values, type Value } from "../plan/values/value.ts";
import { type CallOutcome, failed } from "../socket/socket-call.ts";
import { type SocketOwner, Sockets } from "../socket/sockets.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { RandomStream } from "../world/random.ts";
import type { Streams } from "../world/streams.ts";
import type { Element } from "./element.ts";

const drops = ["tcp: bad call", "tcp: repeated", "tcp: turned away"] as const;

export const spec: ElementSpec = {
  name: "Tcp",
  manual: `
Tcp(streams, limits)

Performs the calls of tcp.listen, tcp.accept, tcp.connect, tcp.read, tcp.write, tcp.shutdown and tcp.close when their step commits. The
outcome starts another step: tcp.read.return(QID, Packet) or tcp.read.fail(QID, Reason). A read takes the next bytes of its socket,
once. While no read waits, the node takes no data from the connection, so that back-pressure reaches the remote sender. Calls that came
together are performed in the order above, then in the order of their values.

Ports   in: 1 push, tcp.read.init(QID, RetAddr, Socket, Length) and the like; the sockets. out: the outcomes, tcp.closed(Socket).
Drops   "tcp: bad call": a malformed call from another node; "tcp: repeated": a call whose query is already waiting;
        "tcp: turned away": a connection for which there was no room.
Reads   counters: calls in, outcomes out; sockets: open sockets, waiting calls
Built   by runtime/node/ports.ts, one per node.
Example tcp.connect("10.0.0.2:7000", &Skt) in a rule comes here as tcp.connect.init(QID, RetAddr, "10.0.0.2:7000").
See     ReceiveDemux, Mux
`,
  drops,
  // Its sockets are state outside the tables.
  stateful: true,
};

interface SocketRequest {
  readonly call: StreamCall;
  readonly query: number;
  /** Location of the caller when that is another node. */
  readonly returnTo: Value | undefined;
  readonly inputs: Values;
}

/** A call to perform when the step commits, or the query id of a call to cancel because no rule waits for it any more. */
type Pending = SocketRequest | { readonly withdrawn: number };

type Specs = Partial<Record<StreamEvent, PredicateSpec>>;

/** Arguments before the inputs of a call: query id and return address. */
const HIDDEN = 2;

/** Returns the numbers that occur in no table and in no queued input. */
export type FindUnreferenced = (numbers: ReadonlySet<number>) => ReadonlySet<number>;

export interface TcpOptions {
  /** Sockets of the host. Absent where the world has none: then every call fails. */
  readonly streams: Streams | undefined;
  readonly limits: SocketLimits;
  readonly draw: RandomStream;
  readonly now: () => number;
  readonly findUnreferenced: FindUnreferenced;
  /** Takes an outcome, with the port it leaves by. */
  readonly out: (input: StepInput, port: string) => void;
}

/** Seconds between two searches for unreferenced sockets while there is no room for more sockets. */
const SEARCH_SECONDS = 1;

export class Tcp implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly sockets: Sockets;
  readonly #now: () => number;
  readonly #out: (input: StepInput, port: string) => void;
  readonly #findUnreferenced: FindUnreferenced;
  #specs: Partial<Record<StreamCall, Specs>> = {};
  #closed: PredicateSpec | undefined;
  /** Calls of the events that came together, not yet in order. */
  #round: SocketRequest[] = [];
  /** Work for the commit of the step, in order. */
  #pending: Pending[] = [];
  /** Number of pending calls that the current `commit` has performed. */
  #performed = 0;
  #nextSearch = 0;
  /** Queries of the calls that other nodes have made. */
  readonly #foreign = new Set<number>();

  constructor({ streams, limits, draw, now, findUnreferenced, out }: TcpOptions) {
    this.#now = now;
    this.#findUnreferenced = findUnreferenced;
    this.#out = out;
    const owner: SocketOwner = {
      closed: (socket) => this.#raiseClosed(socket),
      turnedAway: () => this.counters.drop("tcp: turned away"),
      full: () => this.#makeRoom(),
    };
    this.sockets = new Sockets(streams, limits, draw, owner);
  }

  /** Serves a program from now on: outcomes become events of these predicates. */
  serve(predicates: readonly PredicateSpec[]): void {
    const specs: Partial<Record<StreamCall, Specs>> = {};
    for (const predicate of predicates) {
      const { role } = predicate;
      if (role.kind === "tcp") (specs[role.call] ??= {})[role.event] = predicate;
    }
    this.#specs = specs;
    this.#closed = predicates.find(({ role }) => role.kind === "tcpClosed");
  }

  /** Takes a call, or the notice that no rule waits for one any more. */
  push(tuple: Tuple, provenance: Provenance): void {
    const { role } = tuple.predicate;
    if (role.kind !== "tcp") return;
    const isForeign = provenance === "network";
    const [query, returnTo, ...inputs] = isForeign ? ownedTuple(tuple).args : tuple.args;
    if (typeof query !== "number" || (role.event === "init" && tuple.args.length < HIDDEN)) {
      return this.counters.drop("tcp: bad call");
    }
    if (role.event === "over") this.#over(query, isForeign);
    else this.#round.push({ call: role.call, query, returnTo: isForeign ? (returnTo ?? null) : undefined, inputs });
  }

  /** Another node can withdraw only calls that came from other nodes. */
  #over(query: number, isForeign: boolean): void {
    if (isForeign && !this.#foreign.has(query)) return;
    this.#pending.push({ withdrawn: query });
  }

  /** Puts the calls that came together into their order. */
  flushRound(): void {
    if (this.#round.length === 0) return;
    if (this.#round.length > 1) this.#round.sort(compareCalls);
    for (const call of this.#round) this.#pending.push(call);
    this.#round = [];
  }

  /** Performs the calls of the step, in order. An outcome that is known at once waits in the queue of Mux. */
  commit(): void {
    while (this.#performed < this.#pending.length) {
      const next = this.#pending[this.#performed++] as Pending;
      if ("withdrawn" in next) this.#withdraw(next.withdrawn);
      else this.#perform(next);
    }
    this.#pending = [];
    this.#performed = 0;
  }

  abort(): void {
    this.#round = [];
    this.#pending = [];
  }

  /** Withdraws the calls that no rule waits for any more, and closes the sockets that no row, input or call references. */
  reclaim(): void {
    const awaited = [...this.sockets.queries].filter((query) => !this.#foreign.has(query));
    // Sockets of calls that this step still has to perform.
    const named = new Set(
      this.#pending.slice(this.#performed).flatMap((one) => ("withdrawn" in one ? [] : one.inputs)),
    );
    const unreferenced = this.#findUnreferenced(new Set([...awaited, ...this.sockets.numbers]));
    for (const query of awaited) if (unreferenced.has(query)) this.#withdraw(query);
    const idle = this.sockets.idle().filter((socket) => unreferenced.has(socket) && !named.has(socket));
    for (const socket of idle) this.sockets.end(socket);
  }

  #makeRoom(): void {
    if (this.#now() < this.#nextSearch) return;
    this.#nextSearch = this.#now() + SEARCH_SECONDS;
    this.reclaim();
  }

  #withdraw(query: number): void {
    this.#foreign.delete(query);
    this.sockets.withdraw(query);
  }

  #perform(request: SocketRequest): void {
    const { call, query, inputs } = request;
    this.counters.in++;
    if (this.sockets.isPending(query)) return this.counters.drop("tcp: repeated");
    if (request.returnTo !== undefined) this.#foreign.add(query);
    const finish = (outcome: CallOutcome): void => {
      this.#foreign.delete(query);
      this.#report(request, outcome);
    };
    this.sockets.perform({ call, query, inputs, finish });
  }

  /**
   * Raises the outcome as an event: for a caller on this node, the event that it waits for; for a caller on another node, the event
   * that triggers a rule which sends the outcome to that node.
   */
  #report(request: SocketRequest, outcome: CallOutcome): void {
    const specs = this.#specs[request.call] ?? {};
    const returnTo = request.returnTo === undefined ? [] : [request.returnTo];
    const isHere = request.returnTo === undefined;
    const predicate = outcome.ok ? specs[isHere ? "return" : "answered"] : specs[isHere ? "fail" : "refused"];
    if (predicate === undefined) return;
    this.counters.out++;
    const args = [request.query, ...returnTo, ...(outcome.ok ? outcome.outputs : [outcome.reason])];
    const onAborted = outcome.ok ? (): void => this.#undo(request, outcome.outputs) : undefined;
    this.#raise(predicate, args, `tcp.${request.call}`, onAborted);
  }

  /** The step of an outcome was aborted: no row will hold the new socket, or the stream now has a gap. So the socket is closed. */
  #undo(request: SocketRequest, [output]: Values): void {
    const socket = request.call === "read" || request.call === "write" ? request.inputs[0] : output;
    if (typeof socket === "number") this.sockets.end(socket);
    this.#report(request, failed("limit"));
  }

  #raiseClosed(socket: number): void {
    if (this.#closed !== undefined) this.#raise(this.#closed, [socket], this.#closed.name, undefined);
  }

  #raise(predicate: PredicateSpec, args: Values, port: string, onAborted: (() => void) | undefined): void {
    this.#out({ tuple: { predicate, args, isDelete: false }, provenance: "rule", source: null, onAborted }, port);
  }
}

function compareCalls(one: SocketRequest, other: SocketRequest): number {
  return (
    streamCalls.indexOf(one.call) - streamCalls.indexOf(other.call) ||
    compareValues(one.inputs, other.inputs) ||
    compare(one.query, other.query)
  );
}
