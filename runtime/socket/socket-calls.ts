/**
 * The calls of one protocol: how Tcp and UdpRx take them from rules, perform them when a step commits, and raise their outcomes. Each
 * outcome is the input of a later step.
 */
import type { StepInput } from "../engine/step-input.ts";
import type { ElementCounters } from "../observe/element-counters.ts";
import { ownedTuple } from "../plan/values/owned.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { SocketEvent, SocketView } from "../plan/values/socket-view.ts";
import { compare, compareValues, type Values, type Value } from "../plan/values/value.ts";
import { type CallOutcome, type CallPerformer, failed } from "./socket-call.ts";

interface SocketRequest<Call extends string> {
  readonly call: Call;
  readonly query: number;
  /** Location of the caller if the caller is another node; otherwise undefined. */
  readonly returnTo: Value | undefined;
  readonly inputs: Values;
}

/** A call to perform when the step commits, or the query id of a call to cancel, because no rule waits any longer for its outcome. */
type Pending<Call extends string> = SocketRequest<Call> | { readonly withdrawn: number };

type Specs = Partial<Record<SocketEvent, PredicateSpec>>;

/** Arguments before the inputs of a call: query id and return address. */
const HIDDEN = 2;

/** Seconds between two searches for unreferenced sockets while there is no room for more sockets. */
const SEARCH_SECONDS = 1;

/** Returns the numbers that occur in no table and in no queued input. */
export type FindUnreferenced = (numbers: ReadonlySet<number>) => ReadonlySet<number>;

export interface SocketCallOptions<Call extends string> {
  readonly kind: SocketView["kind"];
  /** Names of the calls, in the order in which the calls of one batch of events are performed. */
  readonly order: readonly Call[];
  readonly sockets: CallPerformer<Call>;
  readonly counters: ElementCounters;
  /** Returns the socket that a call has opened or has read from, given the inputs and outputs of the call. */
  readonly socketOf: (call: Call, inputs: Values, outputs: Values) => Value | undefined;
  readonly now: () => number;
  readonly findUnreferenced: FindUnreferenced;
  /** Receives each outcome as the input of a step, and the name of the output port by which it leaves the element. */
  readonly out: (input: StepInput, port: string) => void;
}

export class SocketCalls<Call extends string> {
  readonly #options: SocketCallOptions<Call>;
  readonly #sockets: CallPerformer<Call>;
  readonly #counters: ElementCounters;
  #specs: ReadonlyMap<string, Specs> = new Map();
  /** Calls of the current batch of events, not yet in order. */
  #round: SocketRequest<Call>[] = [];
  /** Work for the commit of the step, in order. */
  #pending: Pending<Call>[] = [];
  /** Number of pending calls that the current `commit` has performed. */
  #performed = 0;
  #nextSearch = 0;
  /** Queries of the calls that other nodes have made. */
  readonly #foreign = new Set<number>();

  constructor(options: SocketCallOptions<Call>) {
    this.#options = options;
    this.#sockets = options.sockets;
    this.#counters = options.counters;
  }

  /** Serves a program from now on: outcomes become events of these predicates. */
  serve(predicates: readonly PredicateSpec[]): void {
    const specs = new Map<string, Specs>();
    for (const predicate of predicates) {
      const { role } = predicate;
      if (role.kind !== this.#options.kind || !("event" in role)) continue;
      specs.set(role.call, { ...specs.get(role.call), [role.event]: predicate });
    }
    this.#specs = specs;
  }

  /** Takes a call, or the notice that no rule waits any longer for the outcome of a call. */
  push(tuple: Tuple, provenance: Provenance): void {
    const { role } = tuple.predicate;
    if (!("event" in role)) return;
    const isForeign = provenance === "network";
    const [query, returnTo, ...inputs] = isForeign ? ownedTuple(tuple).args : tuple.args;
    if (typeof query !== "number" || (role.event === "init" && tuple.args.length < HIDDEN)) {
      return this.#counters.drop(`${this.#options.kind}: bad call`);
    }
    if (role.event === "over") this.#over(query, isForeign);
    else {
      const call = role.call as string as Call;
      this.#round.push({ call, query, returnTo: isForeign ? (returnTo ?? null) : undefined, inputs });
    }
  }

  /** Another node can withdraw only calls that came from other nodes. */
  #over(query: number, isForeign: boolean): void {
    if (isForeign && !this.#foreign.has(query)) return;
    this.#pending.push({ withdrawn: query });
  }

  /** Orders the calls of a batch of events. */
  flushRound(): void {
    if (this.#round.length === 0) return;
    if (this.#round.length > 1) this.#round.sort(this.#compare);
    for (const call of this.#round) this.#pending.push(call);
    this.#round = [];
  }

  readonly #compare = (one: SocketRequest<Call>, other: SocketRequest<Call>): number =>
    this.#options.order.indexOf(one.call) - this.#options.order.indexOf(other.call) ||
    compareValues(one.inputs, other.inputs) ||
    compare(one.query, other.query);

  /** Performs the calls of the step, in order. If the outcome of a call is known at once, it waits in the queue of Mux. */
  commit(): void {
    while (this.#performed < this.#pending.length) {
      const next = this.#pending[this.#performed++] as Pending<Call>;
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

  /**
   * Withdraws the calls for which no rule waits any longer, and closes the sockets that no row, queued input or pending call references.
   */
  reclaim(): void {
    const awaited = [...this.#sockets.queries].filter((query) => !this.#foreign.has(query));
    // Sockets in the inputs of calls that this commit has not performed yet.
    const named = new Set(
      this.#pending.slice(this.#performed).flatMap((one) => ("withdrawn" in one ? [] : one.inputs)),
    );
    const unreferenced = this.#options.findUnreferenced(new Set([...awaited, ...this.#sockets.numbers]));
    for (const query of awaited) if (unreferenced.has(query)) this.#withdraw(query);
    const idle = this.#sockets.idle().filter((socket) => unreferenced.has(socket) && !named.has(socket));
    for (const socket of idle) this.#sockets.end(socket);
  }

  /** Reclaims sockets, at most once a second. Called when there is no room for more of them. */
  makeRoom(): void {
    const now = this.#options.now();
    if (now < this.#nextSearch) return;
    this.#nextSearch = now + SEARCH_SECONDS;
    this.reclaim();
  }

  #withdraw(query: number): void {
    this.#foreign.delete(query);
    this.#sockets.withdraw(query);
  }

  #perform(request: SocketRequest<Call>): void {
    const { call, query, inputs } = request;
    this.#counters.in++;
    if (this.#sockets.isPending(query)) return this.#counters.drop(`${this.#options.kind}: repeated`);
    if (request.returnTo !== undefined) this.#foreign.add(query);
    const finish = (outcome: CallOutcome): void => {
      this.#foreign.delete(query);
      this.#report(request, outcome);
    };
    this.#sockets.perform({ call, query, inputs, finish });
  }

  /**
   * Raises the outcome as an event. A caller on this node waits for this event. For a caller on another node the event triggers a rule that
   * sends the outcome to the caller.
   */
  #report(request: SocketRequest<Call>, outcome: CallOutcome): void {
    const specs = this.#specs.get(request.call) ?? {};
    const returnTo = request.returnTo === undefined ? [] : [request.returnTo];
    const isHere = request.returnTo === undefined;
    const predicate = outcome.ok ? specs[isHere ? "return" : "answered"] : specs[isHere ? "fail" : "refused"];
    if (predicate === undefined) return;
    this.#counters.out++;
    const args = [request.query, ...returnTo, ...(outcome.ok ? outcome.outputs : [outcome.reason])];
    const onAborted = outcome.ok ? (): void => this.#undo(request, outcome.outputs) : undefined;
    const tuple = { predicate, args, isDelete: false };
    this.#options.out({ tuple, provenance: "rule", source: null, onAborted }, `${this.#options.kind}.${request.call}`);
  }

  /**
   * Called when the step of an outcome was aborted. Closes the socket of the call: no row holds the new socket, or bytes of the stream are
   * lost.
   */
  #undo(request: SocketRequest<Call>, outputs: Values): void {
    const socket = this.#options.socketOf(request.call, request.inputs, outputs);
    if (typeof socket === "number") this.#sockets.end(socket);
    this.#report(request, failed("limit"));
  }
}
