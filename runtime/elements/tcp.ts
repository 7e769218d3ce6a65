import type { StepInput } from "../engine/step-input.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";
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

export const spec: ElementSpec = {
  name: "Tcp",
  manual: `
Tcp(streams, limits)

Answers the calls of tcp.listen, tcp.accept, tcp.connect, tcp.read, tcp.write and tcp.close: what a call asks for is done
when its step has ended, and its outcome is a step of its own, tcp.read.return(QID, Packet) or tcp.read.fail(QID, Reason).
A read asks its socket for what comes next, once; nothing is read from a socket that no call reads. Calls that came
together are done in the order above, then in that of values.

Ports   in: 1 push, tcp.read.init(QID, RetAddr, Socket, Length) and the like; the sockets. out: the outcomes, tcp.closed(Socket).
Drops   "tcp: bad call": one from elsewhere that is none; "tcp: repeated": one whose query waits already;
        "tcp: turned away": a connection for which there was no room.
Reads   counters: calls in, outcomes out; sockets: what is open, what waits
Built   by runtime/node/ports.ts, one per node.
Example tcp.connect("10.0.0.2:7000", &Skt) in a rule comes here as tcp.connect.init(QID, RetAddr, "10.0.0.2:7000").
See     ReceiveDemux, Mux
`,
  inputs: "1-",
  outputs: "1-",
  drops: ["tcp: bad call", "tcp: repeated", "tcp: turned away"],
};

/** The calls of one node, and their place in the order of things. */
interface Asked {
  readonly call: StreamCall;
  readonly query: number;
  /** Where the outcome is wanted, when that is another node. */
  readonly back: Value | undefined;
  readonly inputs: Values;
}

type Specs = Partial<Record<StreamEvent, PredicateSpec>>;

/** Query id and return address stand before the inputs. */
const HIDDEN = 2;

/** Says which of the numbers stand in no table and no cause that waits. */
export type FindUnreferenced = (numbers: ReadonlySet<number>) => ReadonlySet<number>;

/** Seconds between two looks for sockets that nobody holds, while there is no room for more. */
const SECONDS_PER_LOOK = 1;

export class Tcp {
  readonly counters: ElementCounters = new ElementCounters();
  readonly sockets: Sockets;
  readonly #now: () => number;
  readonly #out: (cause: StepInput, call: string) => void;
  readonly #findUnreferenced: FindUnreferenced;
  #specs: Partial<Record<StreamCall, Specs>> = {};
  #closed: PredicateSpec | undefined;
  /** Of events that came together, and of the step so far. */
  #turn: Asked[] = [];
  #step: (Asked | { readonly over: number })[] = [];
  #nextLook = 0;
  /** Calls that other nodes have made, by query. */
  readonly #foreign = new Set<number>();

  constructor(
    streams: Streams | undefined,
    limits: SocketLimits,
    draw: RandomStream,
    now: () => number,
    unreferenced: FindUnreferenced,
    out: (cause: StepInput, call: string) => void,
  ) {
    this.#now = now;
    this.#findUnreferenced = unreferenced;
    this.#out = out;
    const owner: SocketOwner = {
      closed: (socket) => this.#tellClosed(socket),
      turnedAway: () => this.counters.drop("tcp: turned away"),
      full: () => this.#makeRoom(),
    };
    this.sockets = new Sockets(streams, limits, draw, owner);
  }

  /** From now on outcomes are events of the plan with these predicates. */
  serve(predicates: readonly PredicateSpec[]): void {
    const specs: Partial<Record<StreamCall, Specs>> = {};
    for (const predicate of predicates) {
      const { role } = predicate;
      if (role.kind === "tcp") (specs[role.call] ??= {})[role.event] = predicate;
    }
    this.#specs = specs;
    this.#closed = predicates.find(({ role }) => role.kind === "tcpClosed");
  }

  /** A call, or that nobody waits for it any more. */
  push(tuple: Tuple, provenance: Provenance): void {
    const { role } = tuple.predicate;
    if (role.kind !== "tcp") return;
    const isForeign = provenance === "network";
    const [query, back, ...inputs] = isForeign ? ownedTuple(tuple).args : tuple.args;
    if (typeof query !== "number" || (role.event === "init" && tuple.args.length < HIDDEN)) {
      return this.counters.drop("tcp: bad call");
    }
    if (role.event === "over") this.#over(query, isForeign);
    else this.#turn.push({ call: role.call, query, back: isForeign ? (back ?? null) : undefined, inputs });
  }

  /** Another node has a say in its own calls only. */
  #over(query: number, isForeign: boolean): void {
    if (isForeign && !this.#foreign.has(query)) return;
    this.#step.push({ over: query });
  }

  /** The events that came together are done: their calls get their order. */
  flushRound(): void {
    if (this.#turn.length === 0) return;
    if (this.#turn.length > 1) this.#turn.sort(compareCalls);
    this.#step.push(...this.#turn);
    this.#turn = [];
  }

  /** The step is done. */
  commit(): void {
    for (let next = this.#step.shift(); next !== undefined; next = this.#step.shift()) {
      if ("over" in next) this.#withdraw(next.over);
      else this.#perform(next);
    }
  }

  abort(): void {
    this.#turn = [];
    this.#step = [];
  }

  /** Withdraws the calls that no rule waits for any more, and closes the sockets that nobody holds. */
  reclaim(): void {
    const awaited = [...this.sockets.queries].filter((query) => !this.#foreign.has(query));
    const named = new Set(this.#step.flatMap((one) => ("over" in one ? [] : one.inputs)));
    const unreferenced = this.#findUnreferenced(new Set([...awaited, ...this.sockets.numbers]));
    for (const query of awaited) if (unreferenced.has(query)) this.#withdraw(query);
    const idle = this.sockets.idle().filter((socket) => unreferenced.has(socket) && !named.has(socket));
    for (const socket of idle) this.sockets.end(socket);
  }

  #makeRoom(): void {
    if (this.#now() < this.#nextLook) return;
    this.#nextLook = this.#now() + SECONDS_PER_LOOK;
    this.reclaim();
  }

  #withdraw(query: number): void {
    this.#foreign.delete(query);
    this.sockets.withdraw(query);
  }

  #perform(asked: Asked): void {
    const { call, query, inputs } = asked;
    this.counters.in++;
    if (this.sockets.isPending(query)) return this.counters.drop("tcp: repeated");
    if (asked.back !== undefined) this.#foreign.add(query);
    const finish = (outcome: CallOutcome): void => {
      this.#foreign.delete(query);
      this.#answer(asked, outcome);
    };
    this.sockets.perform({ call, query, inputs, finish });
  }

  /** A caller on this node hears of the outcome at once, one elsewhere by a rule that sends it there. */
  #answer(asked: Asked, outcome: CallOutcome): void {
    const specs = this.#specs[asked.call] ?? {};
    const back = asked.back === undefined ? [] : [asked.back];
    const isHere = asked.back === undefined;
    const predicate = outcome.ok ? specs[isHere ? "return" : "answered"] : specs[isHere ? "fail" : "refused"];
    if (predicate === undefined) return;
    this.counters.out++;
    const args = [asked.query, ...back, ...(outcome.ok ? outcome.outputs : [outcome.reason])];
    const onAborted = outcome.ok ? (): void => this.#undo(asked, outcome.outputs) : undefined;
    this.#tell(predicate, args, `tcp.${asked.call}`, onAborted);
  }

  /** The step of an outcome was taken back: nobody will ever know of the socket, or the stream has a gap. */
  #undo(asked: Asked, [output]: Values): void {
    const socket = asked.call === "read" || asked.call === "write" ? asked.inputs[0] : output;
    if (typeof socket === "number") this.sockets.end(socket);
    this.#answer(asked, failed("limit"));
  }

  #tellClosed(socket: number): void {
    if (this.#closed !== undefined) this.#tell(this.#closed, [socket], this.#closed.name, undefined);
  }

  #tell(predicate: PredicateSpec, args: Values, port: string, onAborted: (() => void) | undefined): void {
    this.#out({ tuple: { predicate, args, isDelete: false }, provenance: "rule", source: null, onAborted }, port);
  }
}

function compareCalls(one: Asked, other: Asked): number {
  return (
    streamCalls.indexOf(one.call) - streamCalls.indexOf(other.call) ||
    compareValues(one.inputs, other.inputs) ||
    compare(one.query, other.query)
  );
}
