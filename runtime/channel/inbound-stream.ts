import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Messages kept that came before their turn. */
const AHEAD_MAX = 64;

/** What has come from one peer so far. */
export interface InboundStream {
  readonly stream: number;
  /** The stream before: what is left of it under way is too late. */
  readonly former: number | undefined;
  /** The number of the last message that all before have come too. */
  readonly heard: number;
  readonly ahead: ReadonlyMap<number, Message>;
  /** The rows said so far, until all have been: what the peer had beside them before it began anew is then gone. */
  readonly said: ReadonlySet<string> | undefined;
  /** When the peer was last heard. */
  readonly heardAt: number;
}

/** What a message changes. */
export interface Advance {
  /** Undefined when nothing is known of the peer after it either. */
  readonly state: InboundStream | undefined;
  /** What the messages whose turn has come say; of several changes of one row the last. */
  readonly changes: readonly RowChange[];
  /** All rows of the peer, when all have been said just now. */
  readonly whole: ReadonlySet<string> | undefined;
  /** The number to answer with; undefined when there is to be no answer. */
  readonly answer: number | undefined;
}

export function advance(state: InboundStream | undefined, message: Message, now: number): Advance {
  if (state !== undefined && state.stream === message.stream) return continued(state, message, now);
  if (message.stream === state?.former) return { state, changes: [], whole: undefined, answer: undefined };
  if (message.number !== 1) return { state, changes: [], whole: undefined, answer: 0 };
  const { stream } = message;
  const fresh = { stream, former: state?.stream, heard: 0, ahead: new Map(), said: new Set<string>(), heardAt: now };
  return continued(fresh, message, now);
}

function continued(state: InboundStream, message: Message, now: number): Advance {
  const ahead = new Map(state.ahead);
  const isNext = message.number === state.heard + 1;
  if (isNext || (message.number > state.heard && ahead.size < AHEAD_MAX)) ahead.set(message.number, message);
  const messages: Message[] = [];
  let { heard } = state;
  for (let next = ahead.get(heard + 1); next !== undefined; next = ahead.get(heard + 1)) {
    ahead.delete(++heard);
    messages.push(next);
  }
  const changes = netChanges(messages);
  const isWhole = messages.some((one) => one.isWhole);
  const said = state.said && saidWith(state.said, changes);
  const next = { ...state, heard, ahead, said: isWhole ? undefined : said, heardAt: now };
  return { state: next, changes, whole: isWhole ? said : undefined, answer: heard };
}

function netChanges(messages: readonly Message[]): readonly RowChange[] {
  const net = new Map<string, RowChange>();
  for (const change of messages.flatMap(({ changes }) => changes)) net.set(keyOfChange(change), change);
  return [...net.values()];
}

function saidWith(said: ReadonlySet<string>, changes: readonly RowChange[]): ReadonlySet<string> {
  const all = new Set(said);
  for (const change of changes) {
    if (change.isThere) all.add(keyOfChange(change));
    else all.delete(keyOfChange(change));
  }
  return all;
}
