import type { TrafficMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import type { Log, LogFields } from "../terminal/log.ts";

const LOOK_EVERY_MS = 1_000;
/** Looks until the same loss is told again. */
const QUIET_LOOKS = 60;

interface Loss {
  readonly what: string;
  readonly fields: LogFields;
  readonly count: number;
}

interface Told {
  readonly count: number;
  readonly look: number;
}

/** Tells what a node loses while it runs: each reason when it is new, then once a minute with how much it was. */
export class LossLog {
  readonly #figures: () => TrafficMetrics;
  readonly #log: Log;
  readonly #told = new Map<string, Told>();
  readonly #timer: NodeJS.Timeout;
  #looks = 0;

  constructor(figures: () => TrafficMetrics, log: Log) {
    this.#figures = figures;
    this.#log = log;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    this.#looks++;
    for (const loss of lossesIn(this.#figures())) this.#consider(loss);
  }

  #consider({ what, fields, count }: Loss): void {
    const told = this.#told.get(what);
    const more = count - (told?.count ?? 0);
    if (more === 0 || (told !== undefined && this.#looks - told.look < QUIET_LOOKS)) return;
    this.#told.set(what, { count, look: this.#looks });
    this.#log.warn(`${what}: ${told === undefined ? count : `${more} more, ${count} in all`}`, { ...fields, count });
  }
}

/** Everything that a node has lost, by where and why. */
function lossesIn({ elements, network, tun }: TrafficMetrics): readonly Loss[] {
  const dropped = elements.flatMap(({ element, label, dropped: counts }) =>
    Object.entries(counts).map(([reason, count]) => {
      const place = label === "" ? element : `${element} ${label}`;
      return { what: `${place} dropped, ${reason}`, fields: { element: place, reason }, count };
    }),
  );
  const unsent = Object.entries(network.failed).map(([reason, count]) => {
    return { what: `datagrams not sent, ${reason}`, fields: { element: "network", reason }, count };
  });
  const refused = Object.entries(tun?.refused ?? {}).map(([reason, count]) => {
    return { what: `packets the device did not take, ${reason}`, fields: { element: "tun", reason }, count };
  });
  return [...dropped, ...unsent, ...refused];
}
