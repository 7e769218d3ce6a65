import type { PingReport } from "../../runtime/sim/sim-kernel.ts";

const SEQUENCES = 1 << 16;

const REPLY = /^\[(\d+\.\d+)\] .*icmp_seq=(\d+) .*time=([\d.]+) ms/;
const MISSING = /^\[(\d+\.\d+)\] (?:no answer yet for|From .*) icmp_seq=(\d+)/;

/** Parser of the output of `ping -D -O`. */
export class PingLines {
  readonly #interval: number;
  /** Converts Unix time, as ping prints it, to the time of the lab. */
  readonly #toLab: (time: number) => number;
  #last = 0;

  constructor(interval: number, toLab: (time: number) => number) {
    this.#interval = interval;
    this.#toLab = toLab;
  }

  /** Parses a line. Returns undefined for a line about no request. */
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

  /** Parses a line about a missing reply. ping prints it when it sends the next request. */
  #readMissing(line: string): PingReport | undefined {
    const [, time, sequence] = MISSING.exec(line) ?? [];
    if (time === undefined) return undefined;
    const at = this.#toLab(Number(time));
    return { kind: "missing", sequence: this.#fullSequence(Number(sequence)), at, sentAt: at - this.#interval };
  }

  /** Extends a sequence number of 16 bits to the full number that is nearest to the last one. */
  #fullSequence(sequence: number): number {
    const wraps = Math.round((this.#last - sequence) / SEQUENCES);
    this.#last = Math.max(this.#last, sequence + wraps * SEQUENCES);
    return sequence + wraps * SEQUENCES;
  }
}
