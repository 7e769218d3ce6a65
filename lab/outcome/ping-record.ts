import type { PingReport } from "../../runtime/sim/echo-host.ts";

/** How long traffic stood still from some moment on. */
export interface Outage {
  /** Until a request that was sent after the moment was answered; 0 when the first one was, Infinity when none was. */
  readonly seconds: number;
  /** The requests in between that stayed without an answer. */
  readonly lost: number;
}

interface Request {
  readonly sentAt: number;
  readonly answeredAt: number | undefined;
}

/** What became of the echo requests of one traffic. A request counts once it is answered or given up. */
export class PingRecord {
  /** By sequence, without gaps but for requests nothing is known of yet. */
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

  /** Round-trip times in seconds, from the shortest to the longest. */
  get roundTrips(): readonly number[] {
    const times = this.#requests.flatMap((one) => (one?.answeredAt === undefined ? [] : [one.answeredAt - one.sentAt]));
    return times.sort((one, other) => one - other);
  }

  outageFrom(moment: number): Outage {
    let lost = 0;
    for (const request of this.#requests) {
      if (request === undefined || request.sentAt < moment) continue;
      if (request.answeredAt !== undefined) return { seconds: lost === 0 ? 0 : request.answeredAt - moment, lost };
      lost++;
    }
    return { seconds: Infinity, lost };
  }

  /** What became of the requests that were sent within a stretch of time. */
  between(from: number, to: number): { readonly sent: number; readonly answered: number } {
    const sent = this.#requests.filter((one) => one !== undefined && one.sentAt >= from && one.sentAt < to);
    return { sent: sent.length, answered: sent.filter((one) => one?.answeredAt !== undefined).length };
  }

  /** Whether the last requests were answered, oldest first. */
  recent(count: number): readonly boolean[] {
    return this.#requests
      .slice(-count)
      .flatMap((request) => (request === undefined ? [] : [request.answeredAt !== undefined]));
  }
}
