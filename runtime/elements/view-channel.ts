import { applyMessage, type InboundStream } from "../channel/inbound-stream.ts";
import { type PendingChange, OutboundStream } from "../channel/outbound-stream.ts";
import { argumentsOf, keyOfChange, messageOf, type Message, type RowChange } from "../channel/row-change.ts";
import type { Engine } from "../engine/engine.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Table } from "../engine/tables/table.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import { admits } from "../plan/values/column-type.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { isHostPort } from "../plan/values/location.ts";
import type { ChannelSpec, Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";
import type { NetworkOut } from "./network-out.ts";

export const spec: ElementSpec = {
  name: "ViewChannel",
  manual: `
ViewChannel(channels)

Keeps the rows that view rules derive for other nodes the same there: each change travels in order, and again until it is
heard. A peer that has not been heard for as long as the plan says (30 s, or the lifetime of a table the rows are for) has
none; one that starts anew is told everything.

Ports   in: 1 push, what peers say; changes of the tables that the plan calls outlets. out: the network, in order; the tables
        it calls inlets.
Drops   "no address": a location that is none; "no channel": a location in an overlay; "malformed": a message that is none;
        "not accepted": a row for a table that is no inlet; "wrong type": one that cannot stand there; "too many peers": what
        one more says than a node listens to, or one that calls it by too many names.
Reads   counters: messages in, messages out
Built   by runtime/node/dataflow.ts, one per node.
See     ReceiveDemux, NetworkOut
`,
  inputs: "1",
  outputs: "2",
  drops: ["no address", "no channel", "malformed", "not accepted", "wrong type", "too many peers"],
};

/** Whom a node listens to, and names by which one of them may call it: both come from datagrams. */
const INBOUND_MAX = 4096;
const NAMES_MAX = 16;

export interface ChannelContext {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly networkOut: NetworkOut;
  readonly isOwn: (address: string) => boolean;
  /** Begins a step. */
  readonly begin: (cause: StepInput) => void;
}

export class ViewChannel {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #context: ChannelContext;
  readonly #silence: number;
  readonly #rows: PredicateSpec | undefined;
  readonly #ack: PredicateSpec | undefined;
  /** The wire hash of the inlet, by outlet. */
  readonly #outlets = new Map<number, number>();
  /** By wire hash. */
  readonly #inlets = new Map<number, PredicateSpec>();
  readonly #draw: RandomStream;
  readonly #outbound = new Map<string, OutboundStream>();
  readonly #inbound = new Map<string, InboundStream>();
  /** Of the step under way. */
  #news = new Map<string, PendingChange[]>();
  #advanced = new Map<string, InboundStream>();
  #answers: { readonly to: string; readonly stream: number; readonly number: number }[] = [];
  #alarm: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(plan: Plan, context: ChannelContext) {
    this.#context = context;
    this.#silence = Math.min(...plan.channels.map(({ timeout }) => timeout));
    this.#rows = plan.predicates.find(({ role }) => role.kind === "rows");
    this.#ack = plan.predicates.find(({ role }) => role.kind === "ack");
    this.#draw = context.streams.stream("view channel");
    for (const channel of plan.channels) this.#join(channel, plan);
  }

  #join({ outlet, inlet }: ChannelSpec, { predicates }: Plan): void {
    const spec = predicates[inlet] as PredicateSpec;
    this.#outlets.set(outlet, spec.wire.tuple);
    this.#inlets.set(spec.wire.tuple, spec);
  }

  /** A table has changed in the step under way. */
  changed(table: Table, kind: "+" | "-" | "refresh", values: Values): void {
    const inlet = this.#outlets.get(table.predicate.id);
    if (inlet === undefined) return;
    const [place, ...args] = values;
    if (typeof place !== "string") return this.counters.drop(isOverlay(place) ? "no channel" : "no address");
    if (!isHostPort(place)) return this.counters.drop("no address");
    const news = this.#news.get(place) ?? [];
    this.#news.set(place, news);
    news.push({ change: { inlet, isPresent: kind !== "-", args }, isRefresh: kind === "refresh" });
  }

  /** What a peer says; from this node itself, what it keeps for another of its names, or that a peer is silent. */
  push({ predicate, args }: Tuple, provenance: Provenance, source: Value): void {
    this.counters.in++;
    if (typeof source !== "string") return;
    const now = this.#context.clock.now();
    if (predicate === this.#ack) return this.#acknowledged(args, now);
    const message = messageOf(args);
    if (message === undefined) return this.counters.drop("malformed");
    if (provenance !== "network") return this.#apply(message.changes, source);
    if (!isHostPort(message.receiver)) return this.counters.drop("malformed");
    const peer = `${source} ${message.receiver}`;
    const before = this.#advanced.get(peer) ?? this.#inbound.get(peer);
    if (before === undefined && !this.#hasRoomFor(source)) return this.counters.drop("too many peers");
    const { state, changes, snapshotKeys, ack } = applyMessage(before, message, now);
    if (ack !== undefined) this.#answers.push({ to: source, stream: message.stream, number: ack });
    if (state !== undefined) this.#advanced.set(peer, state);
    this.#apply(changes, peer);
    if (snapshotKeys !== undefined) this.#apply(this.#unsaid(peer, snapshotKeys), peer);
  }

  #hasRoomFor(source: string): boolean {
    if (this.#inbound.size >= INBOUND_MAX) return false;
    let names = 0;
    for (const peer of this.#inbound.keys()) if (peer.startsWith(`${source} `)) names++;
    return names < NAMES_MAX;
  }

  /** The step has succeeded: what it changed for others leaves, and what came counts as heard. */
  commit(): void {
    const news = this.#news;
    if (news.size === 0 && this.#advanced.size === 0 && this.#answers.length === 0) return;
    for (const [peer, state] of this.#advanced) this.#inbound.set(peer, state);
    for (const answer of this.#answers) this.#answer(answer);
    this.abort();
    for (const [place, some] of news) this.#keep(place, some);
    this.#context.networkOut.commit();
    this.#arm();
  }

  abort(): void {
    this.#news = new Map();
    this.#advanced = new Map();
    this.#answers = [];
  }

  /** The tables have rows of peers from before: each has as long as ever to be heard of, and is asked for all it has. */
  resume(): void {
    const receivedAt = this.#context.clock.now();
    for (const peer of this.#peers()) {
      this.#inbound.set(peer, {
        stream: 0,
        previousStream: undefined,
        received: 0,
        outOfOrder: new Map(),
        snapshot: undefined,
        receivedAt,
      });
    }
    this.#arm();
  }

  #peers(): ReadonlySet<string> {
    const tables = [...this.#inlets.values()].flatMap(({ id }) => this.#context.engine.tables[id] ?? []);
    return new Set(tables.flatMap((table) => [...table.rows()].map(([peer]) => peer as string)));
  }

  stop(): void {
    this.#alarm?.timer.cancel();
  }

  #keep(place: string, news: readonly PendingChange[]): void {
    const { isOwn, begin, clock } = this.#context;
    if (isOwn(place)) {
      const message = {
        receiver: place,
        stream: 0,
        number: 0,
        endsSnapshot: false,
        changes: news.map(({ change }) => change),
      };
      return begin({ tuple: this.#tuple(this.#rows, argumentsOf(message)), provenance: "rule", source: place });
    }
    const stream = this.#outbound.get(place) ?? this.#open(place);
    stream.change(news, clock.now());
  }

  #open(place: string): OutboundStream {
    const stream = new OutboundStream(
      {
        receiver: place,
        timeout: this.#silence,
        drawStream: () => this.#draw.integer(2 ** 48) + 1,
        send: (message) => this.#send(place, message),
      },
      this.#context.clock.now(),
    );
    this.#outbound.set(place, stream);
    return stream;
  }

  #send(place: string, message: Message): void {
    this.counters.out++;
    this.#context.networkOut.push(place, this.#tuple(this.#rows, argumentsOf(message)));
  }

  #answer({ to, stream, number }: { readonly to: string; readonly stream: number; readonly number: number }): void {
    this.counters.out++;
    this.#context.networkOut.push(to, this.#tuple(this.#ack, [stream, number]));
  }

  #tuple(predicate: PredicateSpec | undefined, args: Values): Tuple {
    if (predicate === undefined) throw new Error("a plan without channels has no messages");
    return { predicate, args, isDelete: false };
  }

  #acknowledged([stream, number]: Values, now: number): void {
    if (typeof number !== "number") return this.counters.drop("malformed");
    for (const outbound of this.#outbound.values()) if (outbound.stream === stream) outbound.acknowledge(number, now);
    this.#context.networkOut.commit();
    this.#arm();
  }

  /** What the peer had before it began anew, and has not said again. */
  #unsaid(peer: string, said: ReadonlySet<string>): readonly RowChange[] {
    return this.#rowsOf(peer).filter((change) => !said.has(keyOfChange(change)));
  }

  /** That the peer has none of its rows any more. */
  #rowsOf(peer: string): readonly RowChange[] {
    return [...this.#inlets].flatMap(([inlet, { id }]) =>
      [...(this.#context.engine.tables[id]?.rows() ?? [])]
        .filter(([from]) => from === peer)
        .map(([, ...args]) => ({ inlet, isPresent: false, args })),
    );
  }

  #apply(changes: readonly RowChange[], peer: string): void {
    for (const { inlet, isPresent, args } of changes) {
      const predicate = this.#inlets.get(inlet);
      const row = [peer, ...args];
      if (predicate === undefined) this.counters.drop("not accepted");
      else if (!fits(row, predicate)) this.counters.drop("wrong type");
      else this.#context.engine.change({ predicate, args: row, isDelete: !isPresent });
    }
  }

  /** One alarm for all that has to be said again or is not heard any more. */
  #arm(): void {
    const ends = [...this.#inbound.values()].map(({ receivedAt }) => receivedAt + this.#silence);
    const at = Math.min(...[...this.#outbound.values()].map(({ due }) => due), ...ends);
    if (this.#alarm?.at === at) return;
    this.#alarm?.timer.cancel();
    this.#alarm = at === Infinity ? undefined : { at, timer: this.#context.clock.at(at, () => this.#ring()) };
  }

  #ring(): void {
    this.#alarm = undefined;
    const now = this.#context.clock.now();
    for (const [place, stream] of this.#outbound) {
      if (stream.isOver(now)) this.#outbound.delete(place);
      else stream.tick(now);
    }
    this.#context.networkOut.commit();
    for (const [peer, { receivedAt }] of this.#inbound) if (receivedAt + this.#silence <= now) this.#silent(peer);
    this.#arm();
  }

  #silent(peer: string): void {
    this.#inbound.delete(peer);
    const message = { receiver: peer, stream: 0, number: 0, endsSnapshot: false, changes: this.#rowsOf(peer) };
    this.#context.begin({ tuple: this.#tuple(this.#rows, argumentsOf(message)), provenance: "rule", source: peer });
  }
}

function isOverlay(place: Value | undefined): boolean {
  return typeof place === "object" && place !== null && !Array.isArray(place) && !(place instanceof Uint8Array);
}

function fits(row: Values, { columns, arity }: PredicateSpec): boolean {
  return row.length === arity && row.every((value, column) => admits(columns[column] ?? 0, value));
}
