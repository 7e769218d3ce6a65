import type { PingReport } from "../../runtime/sim/echo-host.ts";

const SEQUENCES = 1 << 16;

const REPLY = /^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms/;
const MISSING = /^\[(\d+\.\d+)\] (?:no answer yet for|From .*) icmp_seq=(\d+)/;

/** Reads what `ping -D -O` prints, line by line. */
export class PingLines {
  readonly #interval: number;
  /** Turns seconds since 1970, as ping prints them, into those of the lab. */
  readonly #toLab: (time: number) => number;
  #last = 0;

  constructor(interval: number, toLab: (time: number) => number) {
    this.#interval = interval;
    this.#toLab = toLab;
  }

  /** What a line reports of a request; undefined for any other line. */
  read(line: string): PingReport | undefined {
    return this.#readReply(line) ?? this.#readMissing(line);
  }

  #readReply(line: string): PingReport | undefined {
    const [, time, sequence, milliseconds] = REPLY.exec(line) ?? [];
    if (time === undefined) return undefined;
    const at = this.#toLab(Number(time));
    return {
      kind: "reply",
      sequence: this.#fullSequence(Number(sequence)),
      at,
      sentAt: at - Number(milliseconds) / 1e3,
    };
  }

  /** ping tells that a request has no answer yet when it sends the next one. */
  #readMissing(line: string): PingReport | undefined {
    const [, time, sequence] = MISSING.exec(line) ?? [];
    if (time === undefined) return undefined;
    const at = this.#toLab(Number(time));
    return { kind: "missing", sequence: this.#fullSequence(Number(sequence)), at, sentAt: at - this.#interval };
  }

  /** Only 16 bits of a sequence travel: it is the number nearest to the last one that ends in them. */
  #fullSequence(sequence: number): number {
    const wraps = Math.round((this.#last - sequence) / SEQUENCES);
    this.#last = Math.max(this.#last, sequence + wraps * SEQUENCES);
    return sequence + wraps * SEQUENCES;
  }
}
