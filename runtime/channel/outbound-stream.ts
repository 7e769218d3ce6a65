/**
 * Sending end of a stream of row changes. ViewChannel calls `change` with the rows that a step changed, `acknowledge` for each
 * acknowledgement (event `?heard`), and `tick` at the time `due`. Messages have sequence numbers, are sent in order within a window,
 * and are retransmitted until they are acknowledged.
 */
import { bytesOfChange, CHANGES_MAX, keyOfChange, type Message, type RowChange } from "./row-change.ts";

/** Largest number of unacknowledged messages in flight. */
const WINDOW = 32;
/** Number of unacknowledged messages beyond which the stream restarts with a snapshot. */
const UNACKNOWLEDGED_MAX = 256;
/**
 * Seconds between two updates. Several changes of one row within the interval become one change, or no change if they cancel each other.
 */
const UPDATE_INTERVAL = 0.02;
/** Seconds before the first retransmission, and greatest number of seconds between two. Each retransmission doubles the interval. */
const RESEND_FIRST = 0.4;
const RESEND_MAX = 4;

export interface OutboundSettings {
  /** Address of the peer. */
  readonly receiver: string;
  readonly send: (message: Message) => void;
  /** Returns a random id for a new stream. Ids must not repeat. */
  readonly drawStream: () => number;
  /** Called when the approximate memory of the stream changes, with the difference in bytes. */
  readonly hold: (bytes: number) => void;
  /** Seconds without a message after which the peer deletes the rows of this node. */
  readonly timeout: number;
}

/** Change that the next update will carry. */
export interface PendingChange {
  readonly change: RowChange;
  /** Whether the row was refreshed, and neither inserted nor deleted. */
  readonly isRefresh: boolean;
}

/**
 * Stream of the rows that this node derives for one peer. If the peer does not know the stream, or too many messages are unacknowledged,
 * a new stream begins with a snapshot of all rows.
 */
export class OutboundStream {
  readonly #settings: OutboundSettings;
  /** Rows that the peer will hold when it has applied all messages appended so far, by key. */
  readonly #rows = new Map<string, RowChange>();
  /** Changes for the next update, by key. */
  #pending = new Map<string, PendingChange>();
  #updatedAt = -Infinity;
  #stream: number;
  /** Messages in order. The first has the number `#acknowledged` + 1. */
  #unacknowledged: Message[] = [];
  #acknowledged = 0;
  /** Number of the last message sent. */
  #sent = 0;
  #sentAt = -Infinity;
  #acknowledgedAt: number;
  #resendAfter = RESEND_FIRST;

  constructor(settings: OutboundSettings, now: number) {
    this.#settings = settings;
    this.#stream = settings.drawStream();
    this.#acknowledgedAt = now;
    this.#append([], true);
  }

  get stream(): number {
    return this.#stream;
  }

  /** Returns a function that sets the stream back to its present state, the memory that it holds excepted. */
  save(): () => void {
    const rows = [...this.#rows];
    const pending = new Map(this.#pending);
    const unacknowledged = [...this.#unacknowledged];
    const [updatedAt, stream, acknowledged] = [this.#updatedAt, this.#stream, this.#acknowledged];
    const [sent, sentAt, acknowledgedAt, resendAfter] = [
      this.#sent,
      this.#sentAt,
      this.#acknowledgedAt,
      this.#resendAfter,
    ];
    return () => {
      this.#rows.clear();
      for (const [key, change] of rows) this.#rows.set(key, change);
      this.#pending = new Map(pending);
      this.#unacknowledged = [...unacknowledged];
      [this.#updatedAt, this.#stream, this.#acknowledged] = [updatedAt, stream, acknowledged];
      [this.#sent, this.#sentAt, this.#acknowledgedAt, this.#resendAfter] = [sent, sentAt, acknowledgedAt, resendAfter];
    };
  }

  /** Numbers and rows that decide what the stream does next, without times. */
  get state(): readonly unknown[] {
    const unacknowledged = this.#unacknowledged.map(({ number, changes }) => [number, changes]);
    return [[...this.#rows.keys()].sort(), [...this.#pending], this.#stream, unacknowledged, this.#sent];
  }

  /** Whether the stream can be dropped: it has no rows, and the peer has acknowledged all messages or no longer answers. */
  isOver(now: number): boolean {
    if (this.#rows.size > 0 || this.#pending.size > 0) return false;
    return this.#unacknowledged.length === 0 || now - this.#acknowledgedAt > this.#settings.timeout;
  }

  /** Time at which `tick` must be called next. */
  get due(): number {
    const updateAt = this.#pending.size > 0 ? this.#updatedAt + UPDATE_INTERVAL : Infinity;
    return Math.min(updateAt, this.#resendAt);
  }

  get #resendAt(): number {
    return this.#sentAt + (this.#unacknowledged.length > 0 ? this.#resendAfter : this.#settings.timeout / 3);
  }

  /** Takes changes of rows, and sends an update if `UPDATE_INTERVAL` has passed since the last update. */
  change(changes: readonly PendingChange[], now: number): void {
    for (const one of changes) {
      const key = keyOfChange(one.change);
      const before = this.#pending.get(key);
      const isRefresh = one.isRefresh && before?.isRefresh !== false;
      if (before !== undefined) this.#release([before.change]);
      this.#hold([one.change]);
      this.#pending.set(key, { change: one.change, isRefresh });
    }
    if (now >= this.#updatedAt + UPDATE_INTERVAL) this.#sendUpdate(now);
  }

  #sendUpdate(now: number): void {
    const pending = [...this.#pending.values()];
    this.#pending = new Map();
    this.#release(pending.map(({ change }) => change));
    this.#updatedAt = now;
    const changes = pending.filter((one) => this.#isNew(one)).map(({ change }) => change);
    for (const change of changes) {
      const key = keyOfChange(change);
      const before = this.#rows.get(key);
      if (before !== undefined) this.#release([before]);
      if (change.isPresent) this.#hold([change]);
      if (change.isPresent) this.#rows.set(key, change);
      else this.#rows.delete(key);
    }
    if (changes.length === 0) return;
    if (this.#unacknowledged.length > UNACKNOWLEDGED_MAX) return this.#restart(now);
    this.#append(changes, false);
    this.#transmit(now);
  }

  #isNew({ change, isRefresh }: PendingChange): boolean {
    return isRefresh || change.isPresent !== this.#rows.has(keyOfChange(change));
  }

  /** Handles an acknowledgement: the peer has every message up to `number`. 0 means that the peer does not know the stream. */
  acknowledge(number: number, now: number): void {
    this.#acknowledgedAt = now;
    if (number === 0 && this.#acknowledged > 0) return this.#restart(now);
    if (number <= this.#acknowledged || number > this.#acknowledged + this.#unacknowledged.length) return;
    this.#releaseMessages(this.#unacknowledged.splice(0, number - this.#acknowledged));
    this.#acknowledged = number;
    this.#sent = Math.max(this.#sent, number);
    this.#resendAfter = RESEND_FIRST;
    this.#transmit(now);
  }

  /**
   * Sends an update if one is due. When a resend is due, sends the unacknowledged messages again, or, if there are none, an empty message,
   * so that the peer keeps the rows.
   */
  tick(now: number): void {
    if (this.#pending.size > 0 && now >= this.#updatedAt + UPDATE_INTERVAL) this.#sendUpdate(now);
    if (now < this.#resendAt) return;
    if (this.#unacknowledged.length === 0) this.#append([], false);
    else this.#resendAfter = Math.min(this.#resendAfter * 2, RESEND_MAX);
    this.#sent = this.#acknowledged;
    this.#transmit(now);
  }

  /** Releases the memory of the stream. To be called when the stream is over. */
  close(): void {
    this.#release([...this.#rows.values(), ...[...this.#pending.values()].map(({ change }) => change)]);
    this.#releaseMessages(this.#unacknowledged);
  }

  #hold(changes: readonly RowChange[]): void {
    this.#settings.hold(bytesOfChanges(changes));
  }

  #release(changes: readonly RowChange[]): void {
    this.#settings.hold(-bytesOfChanges(changes));
  }

  #releaseMessages(messages: readonly Message[]): void {
    for (const { changes } of messages) this.#release(changes);
  }

  #restart(now: number): void {
    this.#releaseMessages(this.#unacknowledged);
    this.#stream = this.#settings.drawStream();
    this.#unacknowledged = [];
    this.#acknowledged = 0;
    this.#sent = 0;
    this.#append([...this.#rows.values()], true);
    this.#transmit(now);
  }

  #append(changes: readonly RowChange[], endsSnapshot: boolean): void {
    const { receiver } = this.#settings;
    for (let at = 0; at === 0 || at < changes.length; at += CHANGES_MAX) {
      const number = this.#acknowledged + this.#unacknowledged.length + 1;
      const isLast = at + CHANGES_MAX >= changes.length;
      const some = changes.slice(at, at + CHANGES_MAX);
      this.#hold(some);
      this.#unacknowledged.push({
        receiver,
        stream: this.#stream,
        number,
        changes: some,
        endsSnapshot: endsSnapshot && isLast,
      });
    }
  }

  #transmit(now: number): void {
    const end = Math.min(this.#unacknowledged.length, WINDOW);
    for (let at = this.#sent - this.#acknowledged; at < end; at++) {
      this.#settings.send(this.#unacknowledged[at] as Message);
      this.#sent = this.#acknowledged + at + 1;
      this.#sentAt = now;
    }
  }
}

function bytesOfChanges(changes: readonly RowChange[]): number {
  return changes.reduce((sum, change) => sum + bytesOfChange(change), 0);
}
