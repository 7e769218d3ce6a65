import { keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Changes in one message, messages under way at once, and messages that wait before all is said anew. */
const CHANGES_MAX = 16;
const WINDOW = 32;
const WAITING_MAX = 256;
/** Seconds between two times of saying something new: what comes and goes in between is not worth a word. */
const UPDATE_INTERVAL = 0.02;
/** Seconds before a message is sent again: the first time, and at most. */
const RESEND_FIRST = 0.4;
const RESEND_MAX = 4;

export interface OutboundSettings {
  readonly receiver: string;
  readonly send: (message: Message) => void;
  /** A number no other stream has. */
  readonly drawStream: () => number;
  /** Seconds without a message after which the peer gives the rows up. */
  readonly timeout: number;
}

export interface PendingChange {
  readonly change: RowChange;
  /** It was there all the time, and has been put again. */
  readonly isRefresh: boolean;
}

/**
 * The rows this node keeps for one peer, said in order and again until they are heard. A peer that does not know the
 * stream is told everything in a new one, and so is one that has been away so long that the changes have piled up.
 */
export class OutboundStream {
  readonly #settings: OutboundSettings;
  /** What has been said to be there. */
  readonly #rows = new Map<string, RowChange>();
  /** What is to be said next. */
  #news = new Map<string, PendingChange>();
  #newsAt = -Infinity;
  #stream: number;
  /** Not heard yet; the first has the number `#heard` + 1. */
  #waiting: Message[] = [];
  #heard = 0;
  #sent = 0;
  #sentAt = -Infinity;
  #heardAt: number;
  #patience = RESEND_FIRST;

  constructor(settings: OutboundSettings, now: number) {
    this.#settings = settings;
    this.#stream = settings.drawStream();
    this.#heardAt = now;
    this.#append([], true);
  }

  get stream(): number {
    return this.#stream;
  }

  /** There is nothing to say, and nobody left who would hear it. */
  isOver(now: number): boolean {
    if (this.#rows.size > 0 || this.#news.size > 0) return false;
    return this.#waiting.length === 0 || now - this.#heardAt > this.#settings.timeout;
  }

  /** When `tick` is wanted next. */
  get due(): number {
    const saying = this.#news.size > 0 ? this.#newsAt + UPDATE_INTERVAL : Infinity;
    return Math.min(saying, this.#repeating);
  }

  get #repeating(): number {
    return this.#sentAt + (this.#waiting.length > 0 ? this.#patience : this.#settings.timeout / 3);
  }

  change(pending: readonly PendingChange[], now: number): void {
    for (const one of pending) {
      const key = keyOfChange(one.change);
      const isRefresh = one.isRefresh && this.#news.get(key)?.isRefresh !== false;
      this.#news.set(key, { change: one.change, isRefresh });
    }
    if (now >= this.#newsAt + UPDATE_INTERVAL) this.#tellNews(now);
  }

  #tellNews(now: number): void {
    const pending = [...this.#news.values()];
    this.#news = new Map();
    this.#newsAt = now;
    const changes = pending.filter((one) => this.#isNew(one)).map(({ change }) => change);
    for (const change of changes) {
      if (change.isPresent) this.#rows.set(keyOfChange(change), change);
      else this.#rows.delete(keyOfChange(change));
    }
    if (changes.length === 0) return;
    if (this.#waiting.length > WAITING_MAX) return this.#restart(now);
    this.#append(changes, false);
    this.#transmit(now);
  }

  #isNew({ change, isRefresh }: PendingChange): boolean {
    return isRefresh || change.isPresent !== this.#rows.has(keyOfChange(change));
  }

  /** The peer has every message up to this number; 0: it knows nothing of the stream. */
  acknowledge(number: number, now: number): void {
    this.#heardAt = now;
    if (number === 0 && this.#heard > 0) return this.#restart(now);
    if (number <= this.#heard || number > this.#heard + this.#waiting.length) return;
    this.#waiting.splice(0, number - this.#heard);
    this.#heard = number;
    this.#sent = Math.max(this.#sent, number);
    this.#patience = RESEND_FIRST;
    this.#transmit(now);
  }

  /** Says again what was not heard, and that it is still there. */
  tick(now: number): void {
    if (this.#news.size > 0 && now >= this.#newsAt + UPDATE_INTERVAL) this.#tellNews(now);
    if (now < this.#repeating) return;
    if (this.#waiting.length === 0) this.#append([], false);
    else this.#patience = Math.min(this.#patience * 2, RESEND_MAX);
    this.#sent = this.#heard;
    this.#transmit(now);
  }

  #restart(now: number): void {
    this.#stream = this.#settings.drawStream();
    this.#waiting = [];
    this.#heard = 0;
    this.#sent = 0;
    this.#append([...this.#rows.values()], true);
    this.#transmit(now);
  }

  #append(changes: readonly RowChange[], endsSnapshot: boolean): void {
    const { receiver } = this.#settings;
    for (let at = 0; at === 0 || at < changes.length; at += CHANGES_MAX) {
      const number = this.#heard + this.#waiting.length + 1;
      const isLast = at + CHANGES_MAX >= changes.length;
      const some = changes.slice(at, at + CHANGES_MAX);
      this.#waiting.push({
        receiver,
        stream: this.#stream,
        number,
        changes: some,
        endsSnapshot: endsSnapshot && isLast,
      });
    }
  }

  #transmit(now: number): void {
    const end = Math.min(this.#waiting.length, WINDOW);
    for (let at = this.#sent - this.#heard; at < end; at++) {
      this.#settings.send(this.#waiting[at] as Message);
      this.#sent = this.#heard + at + 1;
      this.#sentAt = now;
    }
  }
}
