import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Messages kept that came before their turn, and what they hold; what finds no room comes again. */
const OUT_OF_ORDER_MAX = 64;
const OUT_OF_ORDER_BYTES = 64 << 10;

/** What has come from one peer so far. */
export interface InboundStream {
  readonly stream: number;
  /** The stream before: what is left of it under way is too late. */
  readonly previousStream: number | undefined;
  /** The number of the last message that all before have come too. */
  readonly received: number;
  readonly outOfOrder: ReadonlyMap<number, Message>;
  /** What was said so far, until all has been: what the peer had beside it before it began anew is then gone. */
  readonly snapshot: ReceivedChanges | undefined;
  /** When the peer was last heard. */
  readonly receivedAt: number;
}

/** Changes, each row once, and those before them. */
interface ReceivedChanges {
  readonly changes: readonly RowChange[];
  readonly before: ReceivedChanges | undefined;
}

/** What a message changes. */
export interface StreamUpdate {
  /** Undefined when nothing is known of the peer after it either. */
  readonly state: InboundStream | undefined;
  /** What the messages whose turn has come say; of several changes of one row the last. */
  readonly changes: readonly RowChange[];
  /** All rows of the peer, when all have been said just now. */
  readonly snapshotKeys: ReadonlySet<string> | undefined;
  /** The number to answer with; undefined when there is to be no answer. */
  readonly ack: number | undefined;
}

const NOTHING: ReceivedChanges = { changes: [], before: undefined };

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

/** The rows that are there after all of it. */
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
