import type { TrafficMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import type { Log, LogFields } from "../terminal/log.ts";

const SAMPLE_MS = 1_000;
/** Number of samples after which a reason may be logged again: one minute. */
const SAMPLES_BETWEEN_REPORTS = 60;

/** Drops of one element for one reason. */
interface Drop {
  readonly message: string;
  readonly fields: LogFields;
  readonly count: number;
}

interface LastReport {
  readonly count: number;
  /** Number of the sample at which it was logged. */
  readonly sample: number;
}

/** Logs the drops of a running node: each reason when it is new, then at most once a minute with the number since then. */
export class DropLog {
  readonly #metrics: () => TrafficMetrics;
  readonly #log: Log;
  readonly #reported = new Map<string, LastReport>();
  readonly #timer: NodeJS.Timeout;
  #samples = 0;

  constructor(metrics: () => TrafficMetrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    this.#samples++;
    for (const drop of dropsIn(this.#metrics())) this.#report(drop);
  }

  #report({ message, fields, count }: Drop): void {
    const last = this.#reported.get(message);
    const more = count - (last?.count ?? 0);
    if (more === 0 || (last !== undefined && this.#samples - last.sample < SAMPLES_BETWEEN_REPORTS)) return;
    this.#reported.set(message, { count, sample: this.#samples });
    this.#log.warn(`${message}: ${last === undefined ? count : `${more} more, ${count} in all`}`, { ...fields, count });
  }
}

/** All drops of a node by element and reason: tuples, datagrams and packets of the device. */
function dropsIn({ elements, network, tun }: TrafficMetrics): readonly Drop[] {
  const dropped = elements.flatMap(({ element, label, dropped: counts }) =>
    Object.entries(counts).map(([reason, count]) => {
      const source = label === "" ? element : `${element} ${label}`;
      return { message: `${source} dropped, ${reason}`, fields: { element: source, reason }, count };
    }),
  );
  const unsent = Object.entries(network.failed).map(([reason, count]) => {
    return { message: `datagrams not sent, ${reason}`, fields: { element: "network", reason }, count };
  });
  const refused = Object.entries(tun?.refused ?? {}).map(([reason, count]) => {
    return { message: `packets not written to the device, ${reason}`, fields: { element: "tun", reason }, count };
  });
  return [...dropped, ...unsent, ...refused];
}
