/**
 * Receiving end of a stream of row changes. ViewChannel calls `applyMessage` for each `?rows` event, applies the changes that it returns
 * to the inlet tables, and sends the acknowledgement. The state is immutable, so that a step that aborts leaves it unchanged.
 */
import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Limits of messages kept out of order. A message beyond them is ignored; its sender will send it again. */
const OUT_OF_ORDER_MAX = 64;
const OUT_OF_ORDER_BYTES = 64 << 10;

/** State of the stream from one peer. */
export interface InboundStream {
  readonly stream: number;
  /** The stream before this one. Its messages arrive too late and are ignored. */
  readonly previousStream: number | undefined;
  /** Number of the last message in order: no message up to it is missing. */
  readonly received: number;
  /** Messages beyond a missing one, by number. */
  readonly outOfOrder: ReadonlyMap<number, Message>;
  /**
   * Changes received since the stream began. Undefined when the snapshot is complete; at that moment the rows of the peer that are not
   * in the snapshot are deleted.
   */
  readonly snapshot: ReceivedChanges | undefined;
  /** Time of the latest message. */
  readonly receivedAt: number;
}

/** List of changes, at most one per row, linked to the changes before them. */
interface ReceivedChanges {
  readonly changes: readonly RowChange[];
  readonly before: ReceivedChanges | undefined;
}

/** Effect of a message. */
export interface StreamUpdate {
  /** New state. Undefined if there was none and the message cannot begin a stream. */
  readonly state: InboundStream | undefined;
  /** Changes of all messages that are now in order, at most one per row. */
  readonly changes: readonly RowChange[];
  /** Keys of all rows of the peer, if the message completed the snapshot. */
  readonly snapshotKeys: ReadonlySet<string> | undefined;
  /** Number to acknowledge. 0 tells the sender that its stream is unknown here. Undefined if no acknowledgement is to be sent. */
  readonly ack: number | undefined;
}

const NOTHING: ReceivedChanges = { changes: [], before: undefined };

/** Applies a message to the state of the stream from its sender. A new stream must begin with message 1. */
export function applyMessage(state: InboundStream | undefined, message: Message, now: number): StreamUpdate {
  if (state !== undefined && state.stream === message.stream) return applyInOrder(state, message, now);
  if (message.stream === state?.previousStream) return { state, changes: [], snapshotKeys: undefined, ack: undefined };
  if (message.number !== 1) return { state, changes: [], snapshotKeys: undefined, ack: 0 };
  const { stream } = message;
  const fresh = {
    stream,
    previousStream: state?.stream,
    received: 0,
    outOfOrder: new Map(),
    snapshot: NOTHING,
    receivedAt: now,
  };
  return applyInOrder(fresh, message, now);
}

function applyInOrder(state: InboundStream, message: Message, now: number): StreamUpdate {
  const outOfOrder = new Map(state.outOfOrder);
  const isNext = message.number === state.received + 1;
  if (isNext || (message.number > state.received && hasRoom(outOfOrder, message)))
    outOfOrder.set(message.number, message);
  const messages: Message[] = [];
  let { received } = state;
  for (let next = outOfOrder.get(received + 1); next !== undefined; next = outOfOrder.get(received + 1)) {
    outOfOrder.delete(++received);
    messages.push(next);
  }
  const changes = netChanges(messages);
  const endsSnapshot = messages.some((one) => one.endsSnapshot);
  const snapshot = state.snapshot && (changes.length === 0 ? state.snapshot : { changes, before: state.snapshot });
  const next = { ...state, received, outOfOrder, snapshot: endsSnapshot ? undefined : snapshot, receivedAt: now };
  return {
    state: next,
    changes,
    snapshotKeys: endsSnapshot ? snapshot && presentKeys(snapshot) : undefined,
    ack: received,
  };
}

function hasRoom(outOfOrder: ReadonlyMap<number, Message>, message: Message): boolean {
  if (outOfOrder.size >= OUT_OF_ORDER_MAX) return false;
  const bytes = [message, ...outOfOrder.values()].map(bytesOf).reduce((sum, each) => sum + each);
  return bytes <= OUT_OF_ORDER_BYTES;
}

function bytesOf({ changes }: Message): number {
  return changes.reduce((sum, { args }) => sum + heldBytesOf(args), 0);
}

function netChanges(messages: readonly Message[]): readonly RowChange[] {
  const net = new Map<string, RowChange>();
  for (const change of messages.flatMap(({ changes }) => changes)) net.set(keyOfChange(change), change);
  return [...net.values()];
}

/** Returns the keys of the rows that are present after all changes. The latest change of a row counts. */
function presentKeys(snapshot: ReceivedChanges): ReadonlySet<string> {
  const isPresent = new Map<string, boolean>();
  for (let some: ReceivedChanges | undefined = snapshot; some !== undefined; some = some.before) {
    for (const change of some.changes) {
      const key = keyOfChange(change);
      if (!isPresent.has(key)) isPresent.set(key, change.isPresent);
    }
  }
  return new Set([...isPresent].flatMap(([key, is]) => (is ? [key] : [])));
}
