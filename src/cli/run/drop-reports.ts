import type { TrafficMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import type { LogFields } from "../terminal/log.ts";

/** Number of samples after which a cause may be reported again: one minute, because a sample is taken each second. */
const SAMPLES_BETWEEN_REPORTS = 60;

/** Value of the counter of drops or failures with one cause, at the time of a sample. */
export interface DropCount {
  /** The cause. */
  readonly message: string;
  readonly fields: LogFields;
  readonly count: number;
}

interface LastReport {
  readonly count: number;
  /** Number of the sample at which the cause was last reported. */
  readonly sample: number;
}

/** Selects the drops to log: the first drops of a new cause, then, at most once in 60 samples, the number since the last report. */
export class DropReports {
  readonly #reported = new Map<string, LastReport>();
  #samples = 0;

  /** Returns the messages to log for a sample. */
  sample(counts: readonly DropCount[]): readonly DropCount[] {
    this.#samples++;
    return counts.flatMap((one) => this.#report(one));
  }

  #report({ message, fields, count }: DropCount): readonly DropCount[] {
    const last = this.#reported.get(message);
    const more = count - (last?.count ?? 0);
    if (more === 0 || (last !== undefined && this.#samples - last.sample < SAMPLES_BETWEEN_REPORTS)) return [];
    this.#reported.set(message, { count, sample: this.#samples });
    const text = `${message}: ${last === undefined ? count : `${more} more, ${count} in all`}`;
    return [{ message: text, fields: { ...fields, count }, count }];
  }
}

/** All drops of a node by element and reason: tuples, datagrams and packets of the devices. */
export function dropsIn({ elements, network, devices }: TrafficMetrics): readonly DropCount[] {
  const dropped = elements.flatMap(({ element, label, dropped: counts }) =>
    Object.entries(counts).map(([reason, count]) => {
      const source = label === "" ? element : `${element} ${label}`;
      return { message: `${source} dropped, ${reason}`, fields: { element: source, reason }, count };
    }),
  );
  const unsent = Object.entries(network.failed).map(([reason, count]) => {
    return { message: `datagrams not sent, ${reason}`, fields: { element: "network", reason }, count };
  });
  const refused = devices.flatMap(({ name, refused: counts }) =>
    Object.entries(counts).map(([reason, count]) => {
      const isOnly = devices.length === 1;
      const message = `packets not written to the device${isOnly ? "" : ` ${name}`}, ${reason}`;
      return { message, fields: { element: "tun", ...(!isOnly && { device: name }), reason }, count };
    }),
  );
  return [...dropped, ...unsent, ...refused];
}
