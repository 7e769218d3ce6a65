/**
 * Replication of derived rows between nodes, stage 8 of the packet path (`runtime/node/dataflow.ts`). The tables report their changes
 * and ReceiveDemux pushes the messages of peers; `runtime/channel` has the protocol of one peer. When the step commits, messages and
 * acknowledgements go to NetworkOut.
 */
import {
  applyMessage,
  type InboundStream,
  type ObsoleteRows,
  obsoleteRows,
  unknownStream,
  withObsolete,
  withoutRows,
} from "../channel/inbound-stream.ts";
import { InboundStreams } from "../channel/inbound-streams.ts";
import { HeldRows, ROW_BYTES_MAX } from "../channel/held-rows.ts";
import { hasProof } from "../channel/proof-columns.ts";
import { type PendingChange, OutboundStream } from "../channel/outbound-stream.ts";
import { isOfPeer, peerKey } from "../channel/peer-key.ts";
import { PacedRows, type TakeRow } from "../channel/paced-rows.ts";
import {
  argumentsOf,
  bytesOfChange,
  CHANGES_MAX,
  keyOfChange,
  acknowledgementOf,
  messageOf,
  type Message,
  type RowChange,
} from "../channel/row-change.ts";
import type { Engine } from "../engine/engine.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Table } from "../engine/tables/table.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import { admits } from "../plan/values/column-type.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { isHostPort } from "../plan/values/location.ts";
import type { ChannelSpec, Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";
import type { Element } from "./element.ts";
import type { NetworkOut } from "./network-out.ts";

const drops = [
  "no address",
  "no channel",
  "malformed",
  "not accepted",
  "wrong type",
  "invalid proof",
  "row too long",
  "too many peers",
  "too many rows",
] as const;

export const spec: ElementSpec = {
  name: "ViewChannel",
  manual: `
ViewChannel(channels)

Replicates the rows that rules derive for other nodes. The changes of an outlet table go, in order, to the peer whose inlet table holds the
row; each is sent again until the peer acknowledges it. If a peer is silent for 30 s, or for the shortest lifetime of the inlet tables, the
rows of the peer are deleted. A peer that has restarted gets all rows again. A node may have several names. Rows for another name of the
same node enter the inlet table in a later step; those beyond the send rate wait.

Ports   in: 1 push, messages of peers; changes of the outlet tables. out: "out", messages for the network, in order; "rows", changes of the
        inlet tables; "local", inputs of later steps that change inlet tables: rows for this node itself, deletions of rows of silent peers.
Drops   "no address": a location that is no address; "no channel": a location in an overlay; "malformed": no valid message; "not accepted":
        a row for a table that is no inlet; "wrong type": a row that its inlet cannot hold; "invalid proof": a row whose depth and proof no
        derivation has; "row too long": a row of more than 8 KiB; "too many peers": a message from a new peer, or a row for a new peer,
        when the number of peers is at its limit, or a message from a peer that uses too many names for this node; "too many rows": a
        message whose rows exceed the limit on the rows of all peers; the peer sends this message again.
Reads   counters: messages in, messages out
Built   by runtime/node/dataflow.ts, one per node.
See     ReceiveDemux, NetworkOut
`,
  drops,
  // Message numbers, acknowledgements and timers are state outside the tables.
  stateful: true,
};

/**
 * Greatest number of peers in each direction, and of names that one peer may use for this node. Bounded, because datagrams can invent both.
 */
const INBOUND_MAX = 4096;
const OUTBOUND_MAX = 4096;
const NAMES_MAX = 16;

/** Greatest memory of the messages of all peers that wait for an earlier one, in bytes. The peer of a further one sends it again. */
const OUT_OF_ORDER_BYTES = 4 << 20;

/**
 * Greatest number of rows that one step deletes because their peer fell silent or restarted without them. With each row the step also
 * updates the derived tables that depend on it.
 */
const DELETIONS_PER_STEP = 128;

/** Time after which a part of such rows counts as lost and is queued again, with half the rows, in seconds. */
const DELETION_TIMEOUT = 1;

/** Stream of the messages that this node sends to itself without one. The streams of peers have other numbers. */
const NO_STREAM = 0;

const NO_ROWS: ObsoleteRows = new Map();

/** Input that deletes rows of a peer. */
interface Deletions {
  /** Greatest number of rows that the input deletes. */
  readonly most: number;
  /** Time at which the input counts as lost. */
  readonly lostAt: number;
}

/** Acknowledgement of the messages of a stream up to message `number`. */
interface Ack {
  readonly to: string;
  readonly stream: number;
  readonly number: number;
}

/** Stream of a peer that fell silent. */
export interface SilentStream {
  /** Address of the peer. */
  readonly from: string;
  readonly stream: number;
}

export interface ChannelContext {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly networkOut: NetworkOut;
  /** Whether this node answers to the address. */
  readonly isOwn: (address: string) => boolean;
  /** Inserts a row into an inlet table, or deletes it, in the step under way. */
  readonly toTable: (tuple: Tuple) => void;
  /** Starts a step. */
  readonly toLocal: (input: StepInput) => void;
  /** Counts a row for another name of this node against the send rate. False if the row must wait. */
  readonly takeRow: TakeRow;
}

export class ViewChannel implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #context: ChannelContext;
  readonly #timeout: number;
  readonly #rows: PredicateSpec | undefined;
  readonly #ack: PredicateSpec | undefined;
  /** Wire hash of the inlet table, by predicate of the outlet table. */
  readonly #outlets = new Map<number, number>();
  /** Inlet tables by wire hash. */
  readonly #inlets = new Map<number, PredicateSpec>();
  /** Wire hashes of the inlet tables whose rows end in the depth and the proof of a derivation. */
  readonly #proved = new Set<number>();
  /** Rows for other names of this node that wait because they exceed the send rate. */
  readonly paced: PacedRows;
  readonly #draw: RandomStream;
  readonly #outbound = new Map<string, OutboundStream>();
  readonly #inbound = new InboundStreams();
  readonly #heldRows = new HeldRows();
  /** Memory of the outbound streams, and of the changes of the step under way, in bytes. */
  #outboundBytes = 0;
  #pendingBytes = 0;
  /** Effects of the step under way: changes by location, inbound streams by peer, acknowledgements. */
  #pending = new Map<string, PendingChange[]>();
  #advanced = new Map<string, InboundStream>();
  #acks: Ack[] = [];
  /** Rows of silent peers that have yet to be deleted, by peer; after the step under way, for its peers. */
  readonly #silent = new Map<string, ObsoleteRows>();
  #shrunk = new Map<string, ObsoleteRows>();
  /** Peers whose next deletions are to be queued when the step under way commits. */
  #unfinished = new Set<string>();
  /** Queued deletions of the rows of silent and restarted peers, by peer. */
  readonly #deletions = new Map<string, Deletions>();
  /** Timer for the next message, waiting row, lost deletion or silent peer. */
  #alarm: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(plan: Plan, context: ChannelContext) {
    this.#context = context;
    this.paced = new PacedRows(context.takeRow);
    this.#timeout = plan.channels.reduce((least, { timeout }) => Math.min(least, timeout), Infinity);
    this.#rows = plan.predicates.find(({ role }) => role.kind === "rows");
    this.#ack = plan.predicates.find(({ role }) => role.kind === "ack");
    this.#draw = context.streams.stream("view channel");
    for (const channel of plan.channels) this.#join(channel, plan);
  }

  /** Approximate memory of the rows that wait, of the streams and of the changes of the step under way, in bytes. */
  get bytes(): number {
    return this.paced.bytes + this.#outboundBytes + this.#inbound.bytes + this.#pendingBytes;
  }

  #join({ outlet, inlet, hasProofs }: ChannelSpec, { predicates }: Plan): void {
    const spec = predicates[inlet] as PredicateSpec;
    this.#outlets.set(outlet, spec.wire.tuple);
    this.#inlets.set(spec.wire.tuple, spec);
    if (hasProofs) this.#proved.add(spec.wire.tuple);
  }

  /** Takes a change of a row of any table. Called during a step. */
  changed(table: Table, kind: "+" | "-" | "refresh", values: Values): void {
    if (kind !== "refresh" && this.#inlets.has(table.predicate.wire.tuple) && isOfPeer(values)) {
      this.#heldRows.changed(kind, values);
    }
    const inlet = this.#outlets.get(table.predicate.id);
    if (inlet === undefined) return;
    const [location, ...args] = values;
    if (typeof location !== "string") return this.counters.drop(isOverlay(location) ? "no channel" : "no address");
    if (!isHostPort(location)) return this.counters.drop("no address");
    const changes = this.#pending.get(location) ?? [];
    this.#pending.set(location, changes);
    const change = { inlet, isPresent: kind !== "-", args };
    changes.push({ change, isRefresh: kind === "refresh" });
    this.#pendingBytes += bytesOfChange(change);
  }

  /**
   * Takes a message of a peer, or of this node itself. A message of this node holds rows for another of its names, or deletions of the rows
   * of a peer that fell silent.
   */
  push({ predicate, args }: Tuple, provenance: Provenance, source: Value): void {
    this.counters.in++;
    if (typeof source !== "string") return;
    const now = this.#context.clock.now();
    if (predicate === this.#ack) return this.#acknowledged(args, now);
    if (provenance !== "network") return this.#applyLocal(args, source);
    const message = messageOf(args);
    if (message === undefined || message.changes.length > CHANGES_MAX) return this.counters.drop("malformed");
    if (!isHostPort(message.receiver)) return this.counters.drop("malformed");
    const peer = peerKey(source, message.receiver);
    const before = this.#advanced.get(peer) ?? this.#inbound.get(peer);
    if (before === undefined && !this.#hasRoomFor(source)) return this.counters.drop("too many peers");
    const accepted = message.changes.filter((change) => this.#accepts(change, peer));
    if (!this.#heldRows.hasRoomFor(accepted)) return this.counters.drop("too many rows");
    const { state, changes, snapshotKeys, ack } = applyMessage(
      before,
      { ...message, changes: accepted },
      now,
      OUT_OF_ORDER_BYTES - this.#inbound.outOfOrderExcept(peer),
    );
    if (ack !== undefined) this.#acks.push({ to: source, stream: message.stream, number: ack });
    this.#apply(changes, peer);
    if (state === undefined) return;
    const obsolete = snapshotKeys === undefined ? [] : this.#notRepeated(peer, snapshotKeys);
    // The peer sends the message again and again if its step exceeds a limit, so this step does little more than without deletions.
    this.#apply(obsolete.slice(0, CHANGES_MAX), peer);
    const later = obsolete.slice(CHANGES_MAX);
    this.#advanced.set(peer, later.length === 0 ? state : withObsolete(state, later));
    if (later.length > 0) this.#unfinished.add(peer);
  }

  #hasRoomFor(source: string): boolean {
    if (this.#inbound.size >= INBOUND_MAX) return false;
    let names = 0;
    for (const [peer] of this.#inbound) if (peer.startsWith(`${source} `)) names++;
    return names < NAMES_MAX;
  }

  /**
   * Applies a message of this node itself: rows for another of its names, or deletions of rows of a peer. Deletions are ignored if they are
   * no longer due, or if the peer has returned or begun another stream since.
   */
  #applyLocal(args: Values, source: string): void {
    const { stream, changes = [] } = messageOf(args) ?? {};
    const state = this.#inbound.get(source);
    if (!isOfPeer([source])) {
      this.#apply(
        changes.filter((change) => this.#accepts(change, source)),
        source,
      );
    } else if (stream === (state?.stream ?? NO_STREAM)) {
      const before = this.#rowsToDelete(source);
      const after = withoutRows(before, changes);
      if (state === undefined) this.#shrunk.set(source, after);
      else this.#advanced.set(source, { ...state, obsolete: after });
      this.#delete(source, changes, before, after);
    }
  }

  /** Applies the deletions that are still due. `before` and `after` are the rows to delete before and after the step. */
  #delete(peer: string, changes: readonly RowChange[], before: ObsoleteRows, after: ObsoleteRows): void {
    this.#apply(
      changes.filter((change) => before.has(keyOfChange(change))),
      peer,
    );
    if (after.size > 0 && after.size < before.size) this.#unfinished.add(peer);
  }

  /**
   * Returns a function that sets the element back to its present state, between two steps. It takes the present alarm to be set. Rows that
   * wait because of the send rate are not part of the state.
   */
  save(): () => void {
    const outbound = [...this.#outbound].map(([peer, stream]) => [peer, stream, stream.save()] as const);
    const inbound = this.#inbound.save();
    const silent = [...this.#silent];
    const rows = this.#heldRows.save();
    const deletions = [...this.#deletions];
    const [bytes, alarm] = [this.#outboundBytes, this.#alarm];
    return () => {
      this.#outbound.clear();
      for (const [peer, stream, restore] of outbound) {
        this.#outbound.set(peer, stream);
        restore();
      }
      inbound();
      this.#silent.clear();
      for (const [peer, left] of silent) this.#silent.set(peer, left);
      this.#deletions.clear();
      for (const [peer, queued] of deletions) this.#deletions.set(peer, queued);
      rows();
      [this.#outboundBytes, this.#alarm] = [bytes, alarm];
    };
  }

  /** Numbers and rows that decide what the element does next, without times. */
  get state(): readonly unknown[] {
    const inbound = [...this.#inbound].map(([peer, state]) => {
      const { stream, previousStream, received, outOfOrder, snapshot, obsolete } = state;
      return [peer, stream, previousStream, received, [...outOfOrder], snapshot, [...obsolete.keys()]];
    });
    const silent = [...this.#silent].map(([peer, rows]) => [peer, [...rows.keys()]]);
    return [[...this.#outbound].map(([peer, stream]) => [peer, stream.state]), inbound, silent];
  }

  /** The inbound streams whose senders count as silent at `time`, unless they send before: sender and id of the stream. */
  silentAt(time: number): readonly SilentStream[] {
    return [...this.#inbound].flatMap(([peer, { stream, receivedAt }]) =>
      receivedAt + this.#timeout > time ? [] : [{ from: peer.slice(0, peer.indexOf(" ")), stream }],
    );
  }

  /** Whether this node sends rows by the stream with the id. */
  sends(id: number): boolean {
    for (const { stream } of this.#outbound.values()) if (stream === id) return true;
    return false;
  }

  /** Time of the next alarm in seconds; infinite if there is none. */
  get alarmAt(): number {
    return this.#alarm?.at ?? Infinity;
  }

  /** Sends the changes of the step, and acknowledges the messages that it applied. */
  commit(): void {
    this.#heldRows.commit();
    const pending = this.#pending;
    if (pending.size === 0 && this.#advanced.size === 0 && this.#acks.length === 0 && this.#shrunk.size === 0) return;
    const unfinished = this.#advance();
    for (const ack of this.#acks) this.#acknowledge(ack);
    this.abort();
    for (const peer of unfinished) this.#queueDeletions(peer, this.#deletions.get(peer)?.most ?? DELETIONS_PER_STEP);
    for (const [location, changes] of pending) this.#replicate(location, changes);
    this.#context.networkOut.commit();
    this.#setAlarm();
  }

  /** Makes the states after the step the present ones. Returns the peers whose next deletions are to be queued. */
  #advance(): ReadonlySet<string> {
    for (const [peer, rows] of this.#shrunk) this.#silent.set(peer, rows);
    for (const [peer, state] of this.#advanced) {
      this.#inbound.set(peer, state);
      // The peer sends all its rows again. Rows that it does not send become obsolete.
      this.#silent.delete(peer);
    }
    for (const peer of [...this.#shrunk.keys(), ...this.#advanced.keys()]) {
      if (this.#rowsToDelete(peer).size === 0) this.#forgetDeletions(peer);
    }
    return this.#unfinished;
  }

  #rowsToDelete(peer: string): ObsoleteRows {
    return this.#inbound.get(peer)?.obsolete ?? this.#silent.get(peer) ?? NO_ROWS;
  }

  #forgetDeletions(peer: string): void {
    this.#silent.delete(peer);
    this.#deletions.delete(peer);
  }

  abort(): void {
    this.#heldRows.abort();
    this.#pending = new Map();
    this.#pendingBytes = 0;
    this.#advanced = new Map();
    this.#shrunk = new Map();
    this.#unfinished = new Set();
    this.#acks = [];
  }

  /**
   * To be called after a program swap, when the inlet tables hold the kept rows of peers. The silence of each peer is measured
   * from now on, and its stream is unknown. So the acknowledgement of its next message asks the peer for all its rows.
   */
  resume(): void {
    const receivedAt = this.#context.clock.now();
    for (const peer of this.#peers()) this.#inbound.set(peer, unknownStream(NO_STREAM, undefined, receivedAt));
    this.#setAlarm();
  }

  #peers(): ReadonlySet<string> {
    const tables = [...this.#inlets.values()].flatMap(({ id }) => this.#context.engine.tables[id] ?? []);
    return new Set(tables.flatMap((table) => [...table.rows()].map(([peer]) => peer as string)));
  }

  stop(): void {
    this.#alarm?.timer.cancel();
  }

  #replicate(location: string, pending: readonly PendingChange[]): void {
    const { isOwn, engine, clock } = this.#context;
    if (isOwn(location)) {
      const changes = pending.map(({ change }) => change);
      const isExempt = engine.provenance === "operator" || engine.provenance === "device";
      return this.#toOwn(location, this.paced.add(location, changes, isExempt, clock.now()));
    }
    const stream = this.#outbound.get(location) ?? this.#open(location);
    if (stream === undefined) this.counters.drop("too many peers");
    else stream.change(pending, clock.now());
  }

  #toOwn(location: string, changes: readonly RowChange[]): void {
    if (changes.length === 0) return;
    const message = { receiver: location, stream: NO_STREAM, number: 0, endsSnapshot: false, changes };
    this.#context.toLocal({
      tuple: this.#tuple(this.#rows, argumentsOf(message)),
      provenance: "rule",
      source: location,
    });
  }

  #open(location: string): OutboundStream | undefined {
    if (this.#outbound.size >= OUTBOUND_MAX) return undefined;
    const stream = new OutboundStream(
      {
        receiver: location,
        timeout: this.#timeout,
        drawStream: () => this.#draw.integer(2 ** 48) + 1,
        send: (message) => this.#send(location, message),
        hold: (bytes) => {
          this.#outboundBytes += bytes;
        },
      },
      this.#context.clock.now(),
    );
    this.#outbound.set(location, stream);
    return stream;
  }

  #send(location: string, message: Message): void {
    this.counters.out++;
    this.#context.networkOut.push(location, this.#tuple(this.#rows, argumentsOf(message)));
  }

  #acknowledge({ to, stream, number }: Ack): void {
    this.counters.out++;
    this.#context.networkOut.push(to, this.#tuple(this.#ack, [stream, number]));
  }

  #tuple(predicate: PredicateSpec | undefined, args: Values): Tuple {
    if (predicate === undefined) throw new Error("a plan without channels has no messages");
    return { predicate, args, isDelete: false };
  }

  /**
   * Handles an acknowledgement: sends the messages for which it makes room in the window. Does not wait for the commit, because such a
   * step runs no rule, and so nothing undoes it.
   */
  #acknowledged(args: Values, now: number): void {
    const acknowledgement = acknowledgementOf(args);
    if (acknowledgement === undefined) return this.counters.drop("malformed");
    const { stream, number } = acknowledgement;
    for (const outbound of this.#outbound.values()) if (outbound.stream === stream) outbound.acknowledge(number, now);
    this.#context.networkOut.commit();
    this.#setAlarm();
  }

  /** Returns deletions of the rows that the peer sent before its stream restarted and has not sent since. */
  #notRepeated(peer: string, repeated: ReadonlySet<string>): readonly RowChange[] {
    const rows = this.#rowsOf(new Set([peer])).get(peer) ?? [];
    return rows.filter((change) => !repeated.has(keyOfChange(change)));
  }

  /** Returns deletions of all rows of the peers, by peer. Reads each table once, whatever the number of peers. */
  #rowsOf(peers: ReadonlySet<string>): ReadonlyMap<string, readonly RowChange[]> {
    const found = new Map<string, RowChange[]>([...peers].map((peer) => [peer, []]));
    for (const [inlet, { id }] of this.#inlets) {
      for (const [peer, ...args] of this.#context.engine.tables[id]?.rows() ?? []) {
        found.get(peer as string)?.push({ inlet, isPresent: false, args });
      }
    }
    return found;
  }

  #accepts({ inlet, args }: RowChange, peer: string): boolean {
    const predicate = this.#inlets.get(inlet);
    if (predicate === undefined) this.counters.drop("not accepted");
    else if (!fits([peer, ...args], predicate)) this.counters.drop("wrong type");
    else if (heldBytesOf(args) > ROW_BYTES_MAX) this.counters.drop("row too long");
    else if (this.#proved.has(inlet) && !hasProof(args)) this.counters.drop("invalid proof");
    else return true;
    return false;
  }

  #apply(changes: readonly RowChange[], peer: string): void {
    for (const { inlet, isPresent, args } of changes) {
      const predicate = this.#inlets.get(inlet) as PredicateSpec;
      this.#context.toTable({ predicate, args: [peer, ...args], isDelete: !isPresent });
    }
  }

  /**
   * Sets the timer to the earliest time at which a message is due, a row no longer needs to wait, a deletion counts as lost, or a peer
   * counts as silent.
   */
  #setAlarm(): void {
    let at = this.paced.next;
    for (const { due } of this.#outbound.values()) at = Math.min(at, due);
    for (const [, { receivedAt }] of this.#inbound) at = Math.min(at, receivedAt + this.#timeout);
    for (const { lostAt } of this.#deletions.values()) at = Math.min(at, lostAt);
    if (this.#alarm?.at === at) return;
    this.#alarm?.timer.cancel();
    this.#alarm = at === Infinity ? undefined : { at, timer: this.#context.clock.at(at, () => this.#onAlarm()) };
  }

  /**
   * Sends the messages that are due, passes on rows that no longer need to wait, queues lost deletions again, and drops the peers that fell
   * silent. Runs outside a step.
   */
  #onAlarm(): void {
    this.#alarm = undefined;
    const now = this.#context.clock.now();
    for (const [location, stream] of this.#outbound) {
      if (stream.isOver(now)) this.#close(location, stream);
      else stream.tick(now);
    }
    this.#context.networkOut.commit();
    for (const [location, changes] of this.paced.due(now)) this.#toOwn(location, changes);
    this.#repeatDeletions(now);
    this.#dropSilentPeers(now);
    this.#setAlarm();
  }

  #close(location: string, stream: OutboundStream): void {
    stream.close();
    this.#outbound.delete(location);
  }

  #dropSilentPeers(now: number): void {
    const silent = [...this.#inbound].filter(([, { receivedAt }]) => receivedAt + this.#timeout <= now);
    if (silent.length === 0) return;
    for (const [peer, changes] of this.#rowsOf(new Set(silent.map(([peer]) => peer)))) this.#dropPeer(peer, changes);
  }

  #dropPeer(peer: string, rows: readonly RowChange[]): void {
    this.#inbound.delete(peer);
    if (rows.length === 0) return;
    this.#silent.set(peer, obsoleteRows(rows));
    this.#queueDeletions(peer, DELETIONS_PER_STEP);
  }

  /** Queues deletions again whose input was lost, because the queue was full or the step exceeded a limit. */
  #repeatDeletions(now: number): void {
    for (const [peer, { most, lostAt }] of this.#deletions) {
      if (lostAt <= now) this.#queueDeletions(peer, Math.ceil(most / 2));
    }
  }

  /** Queues the input of a step that deletes some rows of a peer. The next input follows when this step commits. */
  #queueDeletions(peer: string, most: number): void {
    const changes = [...this.#rowsToDelete(peer).values().take(most)];
    if (changes.length === 0) return this.#forgetDeletions(peer);
    this.#deletions.set(peer, { most, lostAt: this.#context.clock.now() + DELETION_TIMEOUT });
    const stream = this.#inbound.get(peer)?.stream ?? NO_STREAM;
    const message = { receiver: peer, stream, number: 0, endsSnapshot: false, changes };
    this.#context.toLocal({ tuple: this.#tuple(this.#rows, argumentsOf(message)), provenance: "rule", source: peer });
  }
}

function isOverlay(location: Value | undefined): boolean {
  return (
    typeof location === "object" && location !== null && !Array.isArray(location) && !(location instanceof Uint8Array)
  );
}

function fits(row: Values, { columns, arity }: PredicateSpec): boolean {
  return row.length === arity && row.every((value, column) => admits(columns[column] ?? 0, value));
}
