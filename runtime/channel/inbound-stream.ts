/**
 * Receiving end of a stream of row changes. ViewChannel calls `applyMessage` for each `?rows` event, applies the returned changes to the
 * inlet tables, and sends the acknowledgement. The state is immutable, so that a step that aborts leaves it unchanged.
 */
import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/**
 * Limits on the messages that are kept because an earlier message is missing. A message beyond the limits is ignored, and its sender sends
 * it again. When the missing message arrives, one step applies the changes of all kept messages, so the limits are low.
 */
const OUT_OF_ORDER_MAX = 32;
const OUT_OF_ORDER_CHANGES = 32;
const OUT_OF_ORDER_BYTES = 64 << 10;

/** Approximate memory of a stream without messages, and of a change in a snapshot besides the characters of its key, in bytes. */
const STREAM_BYTES = 512;
const CHANGE_BYTES = 64;

/** Deletions of rows, by the key of the row. */
export type ObsoleteRows = ReadonlyMap<string, RowChange>;

/** State of the stream from one peer. */
export interface InboundStream {
  readonly stream: number;
  /** Id of the stream before this one. Late messages of that stream are ignored. */
  readonly previousStream: number | undefined;
  /** Number of the last message in order: no message up to it is missing. */
  readonly received: number;
  /** Messages that arrived while an earlier message was missing, by number, and their memory in bytes. */
  readonly outOfOrder: ReadonlyMap<number, Message>;
  readonly outOfOrderBytes: number;
  /**
   * Changes received since the stream began. Undefined once the snapshot is complete. When the snapshot becomes complete, the peer's rows
   * that are not in it are deleted.
   */
  readonly snapshot: ReceivedChanges | undefined;
  /** Rows that are not in the snapshot and have yet to be deleted, since one step deletes only a part of such rows. */
  readonly obsolete: ObsoleteRows;
  /** Time of the latest message. */
  readonly receivedAt: number;
}

/** Change of a row in a snapshot. Only the key of the row is kept. */
interface SnapshotChange {
  readonly key: string;
  readonly isPresent: boolean;
}

/**
 * Linked list of changes: `before` holds the earlier changes. When the list has become about twice as long as after the last compaction, it
 * is compacted to the rows that are present, since a peer may change the same rows again and again, or delete rows that it never sent, and
 * never complete the snapshot.
 */
interface ReceivedChanges {
  readonly changes: readonly SnapshotChange[];
  readonly before: ReceivedChanges | undefined;
  /** Number of changes in the whole list, now and after the last compaction. */
  readonly length: number;
  readonly compacted: number;
  /** Approximate memory of the list in bytes. */
  readonly bytes: number;
}

/** Effect of a message. */
export interface StreamUpdate {
  /** New state. Undefined if there was no state and the message cannot begin a stream. */
  readonly state: InboundStream | undefined;
  /** Changes of all messages that are now in order, at most one per row. */
  readonly changes: readonly RowChange[];
  /** Keys of all rows of the peer, if the message completed the snapshot. */
  readonly snapshotKeys: ReadonlySet<string> | undefined;
  /** Number to acknowledge. 0: this node does not know the stream. Undefined if no acknowledgement is to be sent. */
  readonly ack: number | undefined;
}

const NOTHING: ReceivedChanges = { changes: [], before: undefined, length: 0, compacted: 0, bytes: 0 };

/** Length up to which a new list is not worth compacting. */
const SHORT_LIST = 64;

/** State of a stream of which no message is known. */
export function unknownStream(stream: number, previousStream: number | undefined, now: number): InboundStream {
  return {
    stream,
    previousStream,
    received: 0,
    outOfOrder: new Map(),
    outOfOrderBytes: 0,
    snapshot: undefined,
    obsolete: new Map(),
    receivedAt: now,
  };
}

/** Approximate memory of the state in bytes. */
export function bytesOfStream({ outOfOrderBytes, snapshot }: InboundStream): number {
  return STREAM_BYTES + outOfOrderBytes + (snapshot?.bytes ?? 0);
}

/**
 * Applies a message to the state of the stream from its sender. A new stream must begin with message 1. The messages that the stream keeps
 * because an earlier one is missing may take `room` bytes.
 */
export function applyMessage(
  state: InboundStream | undefined,
  message: Message,
  now: number,
  room: number,
): StreamUpdate {
  if (state !== undefined && state.stream === message.stream) return applyInOrder(state, message, now, room);
  if (message.stream === state?.previousStream) return { state, changes: [], snapshotKeys: undefined, ack: undefined };
  if (message.number !== 1) return { state, changes: [], snapshotKeys: undefined, ack: 0 };
  const fresh = { ...unknownStream(message.stream, state?.stream, now), snapshot: NOTHING };
  return applyInOrder(fresh, message, now, room);
}

function applyInOrder(state: InboundStream, message: Message, now: number, room: number): StreamUpdate {
  const outOfOrder = new Map(state.outOfOrder);
  const isNext = message.number === state.received + 1;
  if (isNext || (message.number > state.received && hasRoom(outOfOrder, message, room)))
    outOfOrder.set(message.number, message);
  const messages: Message[] = [];
  let { received } = state;
  for (let next = outOfOrder.get(received + 1); next !== undefined; next = outOfOrder.get(received + 1)) {
    outOfOrder.delete(++received);
    messages.push(next);
  }
  const changes = netChanges(messages);
  const endsSnapshot = messages.some((one) => one.endsSnapshot);
  const snapshot = state.snapshot && append(state.snapshot, changes);
  const outOfOrderBytes = bytesOf(outOfOrder.values());
  const next = {
    ...state,
    received,
    outOfOrder,
    outOfOrderBytes,
    snapshot: endsSnapshot ? undefined : snapshot,
    receivedAt: now,
  };
  return {
    state: withoutObsolete(next, changes),
    changes,
    snapshotKeys: endsSnapshot ? snapshot && presentRows(snapshot) : undefined,
    ack: received,
  };
}

/** Returns the state of a stream from which these rows have yet to be deleted. */
export function withObsolete(state: InboundStream, rows: readonly RowChange[]): InboundStream {
  return { ...state, obsolete: obsoleteRows(rows) };
}

/** Returns the state of a stream after changes of rows: none of these is obsolete any longer. */
function withoutObsolete(state: InboundStream, changes: readonly RowChange[]): InboundStream {
  if (state.obsolete.size === 0 || changes.length === 0) return state;
  return { ...state, obsolete: withoutRows(state.obsolete, changes) };
}

export function obsoleteRows(deletions: readonly RowChange[]): ObsoleteRows {
  return new Map(deletions.map((change) => [keyOfChange(change), change]));
}

export function withoutRows(rows: ObsoleteRows, changes: readonly RowChange[]): ObsoleteRows {
  const left = new Map(rows);
  for (const change of changes) left.delete(keyOfChange(change));
  return left;
}

function hasRoom(outOfOrder: ReadonlyMap<number, Message>, message: Message, room: number): boolean {
  if (outOfOrder.size >= OUT_OF_ORDER_MAX) return false;
  const all = [message, ...outOfOrder.values()];
  if (all.reduce((sum, { changes }) => sum + changes.length, 0) > OUT_OF_ORDER_CHANGES) return false;
  return bytesOf(all) <= Math.min(room, OUT_OF_ORDER_BYTES);
}

function bytesOf(messages: Iterable<Message>): number {
  let bytes = 0;
  for (const { changes } of messages) for (const { args } of changes) bytes += heldBytesOf(args);
  return bytes;
}

function netChanges(messages: readonly Message[]): readonly RowChange[] {
  const net = new Map<string, RowChange>();
  for (const change of messages.flatMap(({ changes }) => changes)) net.set(keyOfChange(change), change);
  return [...net.values()];
}

function append(before: ReceivedChanges, changes: readonly RowChange[]): ReceivedChanges {
  if (changes.length === 0) return before;
  const { compacted } = before;
  const kept = changes.map((change) => ({ key: keyOfChange(change), isPresent: change.isPresent }));
  const length = before.length + kept.length;
  const appended = { changes: kept, before, length, compacted, bytes: before.bytes + bytesOfKeys(kept) };
  if (length <= 2 * compacted + SHORT_LIST) return appended;
  const present = [...presentRows(appended)].map((key) => ({ key, isPresent: true }));
  return {
    changes: present,
    before: undefined,
    length: present.length,
    compacted: present.length,
    bytes: bytesOfKeys(present),
  };
}

function bytesOfKeys(changes: readonly SnapshotChange[]): number {
  return changes.reduce((sum, { key }) => sum + CHANGE_BYTES + key.length, 0);
}

/** Returns the keys of the rows that are present after all changes. The latest change of a row counts. */
function presentRows(received: ReceivedChanges): ReadonlySet<string> {
  const latest = new Map<string, boolean>();
  for (let some: ReceivedChanges | undefined = received; some !== undefined; some = some.before) {
    for (const { key, isPresent } of some.changes) if (!latest.has(key)) latest.set(key, isPresent);
  }
  return new Set([...latest].flatMap(([key, isPresent]) => (isPresent ? [key] : [])));
}
