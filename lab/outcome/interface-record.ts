/** Counters of the bytes of a host by device. The key "" has the sums of all interfaces to other hosts. */
export type InterfaceBytes = ReadonlyMap<string, ByteCounters>;

/** Bytes that a host received on an interface and sent on it. */
export interface ByteCounters {
  readonly received: number;
  readonly sent: number;
}

/** Throughput of an interface from `t` to the next sample, in bits per second. */
export interface InterfaceSecond {
  readonly t: number;
  readonly received: number;
  readonly sent: number;
}

/** Record of the bytes of an interface. */
export class InterfaceRecord {
  readonly series: InterfaceSecond[] = [];
  #last: (ByteCounters & { readonly at: number }) | undefined;

  /** Adds the counters of an interface at a time. The first sample is the baseline. A counter that fell was reset: it counts from 0. */
  add(at: number, { received, sent }: ByteCounters): void {
    const last = this.#last;
    this.#last = { at, received, sent };
    if (last === undefined || at <= last.at) return;
    const rate = (now: number, before: number): number => ((now < before ? now : now - before) * 8) / (at - last.at);
    this.series.push({ t: last.at, received: rate(received, last.received), sent: rate(sent, last.sent) });
  }
}
