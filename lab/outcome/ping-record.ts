import type { PingReport } from "../../runtime/sim/sim-kernel.ts";

/** Interruption of traffic after an event. */
export interface Outage {
  /**
   * Seconds from the event to the first reply to a request sent after it. 0 if the first such request was answered, Infinity if none was.
   */
  readonly seconds: number;
  /** Number of requests sent after the event and before the first answered one. */
  readonly lost: number;
}

interface Request {
  readonly sentAt: number;
  readonly answeredAt: number | undefined;
}

/** Replies to the echo requests of one traffic. A request counts once it is answered or reported as missing. */
export class PingRecord {
  /** Indexed by sequence number. Undefined while a request is neither answered nor missing. */
  readonly #requests: (Request | undefined)[] = [];
  #answered = 0;
  #known = 0;

  get sent(): number {
    return this.#known;
  }

  get lost(): number {
    return this.#known - this.#answered;
  }

  add({ kind, sequence, sentAt, at }: PingReport): void {
    const known = this.#requests[sequence];
    if (known?.answeredAt !== undefined) return;
    if (known === undefined) this.#known++;
    if (kind === "reply") this.#answered++;
    this.#requests[sequence] = { sentAt, answeredAt: kind === "reply" ? at : undefined };
  }

  /** All answered and missing requests, in the order of sending. The round-trip time is null if there was no answer. */
  get all(): readonly { readonly sequence: number; readonly t: number; readonly roundTrip: number | null }[] {
    return this.#requests.flatMap((one, sequence) => {
      if (one === undefined) return [];
      return [
        { sequence, t: one.sentAt, roundTrip: one.answeredAt === undefined ? null : one.answeredAt - one.sentAt },
      ];
    });
  }

  /** Round-trip times in seconds, in ascending order. */
  get roundTrips(): readonly number[] {
    const times = this.#requests.flatMap((one) => (one?.answeredAt === undefined ? [] : [one.answeredAt - one.sentAt]));
    return times.sort((one, other) => one - other);
  }

  /** Returns the outage after an event at `start`. Requests that were under way at the event belong to it. */
  outageFrom(start: number): Outage {
    const longest = this.roundTrips.at(-1) ?? 0;
    let lost = 0;
    for (const request of this.#requests) {
      if (request === undefined || request.sentAt < start - longest) continue;
      if (request.sentAt < start) {
        if (request.answeredAt === undefined) lost++;
        continue;
      }
      if (request.answeredAt !== undefined) return { seconds: lost === 0 ? 0 : request.answeredAt - start, lost };
      lost++;
    }
    return { seconds: Infinity, lost };
  }

  /**
   * Returns the seconds of the longest outage of the requests sent from `start` on. An outage lasts from a lost request to the reply to the
   * next answered one, or to the last request if none is.
   */
  longestOutageFrom(start: number): number {
    let longest = 0;
    let lostAt: number | undefined;
    for (const request of this.#requests) {
      if (request === undefined || request.sentAt < start) continue;
      if (request.answeredAt === undefined) lostAt ??= request.sentAt;
      if (lostAt !== undefined) longest = Math.max(longest, (request.answeredAt ?? request.sentAt) - lostAt);
      if (request.answeredAt !== undefined) lostAt = undefined;
    }
    return longest;
  }

  /** Counts the requests sent in an interval of time, and the answered ones among them. */
  between(from: number, to: number): { readonly sent: number; readonly answered: number } {
    const sent = this.#requests.filter((one) => one !== undefined && one.sentAt >= from && one.sentAt < to);
    return { sent: sent.length, answered: sent.filter((one) => one?.answeredAt !== undefined).length };
  }

  /** Returns for each of the last requests whether it was answered, oldest first. */
  recent(count: number): readonly boolean[] {
    return this.#requests
      .slice(-count)
      .flatMap((request) => (request === undefined ? [] : [request.answeredAt !== undefined]));
  }
}
