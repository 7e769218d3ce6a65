import type { TrafficMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import type { Log } from "../terminal/log.ts";
import { DropReports, dropsIn } from "./drop-reports.ts";

const SAMPLE_MS = 1_000;

/** Logs the drops of a running node: each reason when it first occurs, then at most once a minute with the number since the last report. */
export class DropLog {
  readonly #metrics: () => TrafficMetrics;
  readonly #log: Log;
  readonly #reports = new DropReports();
  readonly #timer: NodeJS.Timeout;

  constructor(metrics: () => TrafficMetrics, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    for (const { message, fields } of this.#reports.sample(dropsIn(this.#metrics()))) this.#log.warn(message, fields);
  }
}
