import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Messages kept that came before their turn, and what they hold; what finds no room comes again. */
const AHEAD_MAX = 64;
const AHEAD_BYTES = 64 << 10;

/** What has come from one peer so far. */
export interface InboundStream {
  readonly stream: number;
  /** The stream before: what is left of it under way is too late. */
  readonly former: number | undefined;
  /** The number of the last message that all before have come too. */
  readonly heard: number;
  readonly ahead: ReadonlyMap<number, Message>;
  /** What was said so far, until all has been: what the peer had beside it before it began anew is then gone. */
  readonly said: Said | undefined;
  /** When the peer was last heard. */
  readonly heardAt: number;
}

/** Changes, each row once, and those before them. */
interface Said {
  readonly changes: readonly RowChange[];
  readonly before: Said | undefined;
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

const NOTHING: Said = { changes: [], before: undefined };

export function advance(state: InboundStream | undefined, message: Message, now: number): Advance {
  if (state !== undefined && state.stream === message.stream) return continued(state, message, now);
  if (message.stream === state?.former) return { state, changes: [], whole: undefined, answer: undefined };
  if (message.number !== 1) return { state, changes: [], whole: undefined, answer: 0 };
  const { stream } = message;
  const fresh = { stream, former: state?.stream, heard: 0, ahead: new Map(), said: NOTHING, heardAt: now };
  return continued(fresh, message, now);
}

function continued(state: InboundStream, message: Message, now: number): Advance {
  const ahead = new Map(state.ahead);
  const isNext = message.number === state.heard + 1;
  if (isNext || (message.number > state.heard && hasRoom(ahead, message))) ahead.set(message.number, message);
  const messages: Message[] = [];
  let { heard } = state;
  for (let next = ahead.get(heard + 1); next !== undefined; next = ahead.get(heard + 1)) {
    ahead.delete(++heard);
    messages.push(next);
  }
  const changes = netChanges(messages);
  const isWhole = messages.some((one) => one.isWhole);
  const said = state.said && (changes.length === 0 ? state.said : { changes, before: state.said });
  const next = { ...state, heard, ahead, said: isWhole ? undefined : said, heardAt: now };
  return { state: next, changes, whole: isWhole ? said && rowsSaid(said) : undefined, answer: heard };
}

function hasRoom(ahead: ReadonlyMap<number, Message>, message: Message): boolean {
  if (ahead.size >= AHEAD_MAX) return false;
  const bytes = [message, ...ahead.values()].map(bytesOf).reduce((sum, each) => sum + each);
  return bytes <= AHEAD_BYTES;
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
function rowsSaid(said: Said): ReadonlySet<string> {
  const isThere = new Map<string, boolean>();
  for (let some: Said | undefined = said; some !== undefined; some = some.before) {
    for (const change of some.changes) {
      const key = keyOfChange(change);
      if (!isThere.has(key)) isThere.set(key, change.isThere);
    }
  }
  return new Set([...isThere].flatMap(([key, is]) => (is ? [key] : [])));
}
