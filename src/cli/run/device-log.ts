import type { Tun } from "../../../runtime/world/world.ts";
import type { Log } from "../terminal/log.ts";

const SAMPLE_MS = 1_000;

/** Logs the changes of a device: it carries no packets any more, and why, or it carries them again. Looks at it once a second. */
export class DeviceLog {
  readonly #tun: Pick<Tun, "name" | "problem">;
  readonly #log: Pick<Log, "info" | "warn">;
  readonly #timer: NodeJS.Timeout;
  #problem: string | undefined;

  constructor(tun: Pick<Tun, "name" | "problem">, log: Pick<Log, "info" | "warn">) {
    this.#tun = tun;
    this.#log = log;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    const problem = this.#tun.problem?.();
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === undefined) this.#log.info(`the device ${this.#tun.name} carries packets again`);
    else this.#log.warn(`no packets: ${problem}`);
  }
}
