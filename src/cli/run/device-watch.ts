import type { Device } from "../../../runtime/world/world.ts";
import type { Log } from "../terminal/log.ts";

const SAMPLE_MS = 1_000;
/** Longest pause between two attempts to restore the device, in samples. The pause doubles with each attempt. */
const MAX_PAUSE = 30;
/** Number of samples without a problem after which the pause between attempts is one second again. */
const CALM = 60;

/**
 * Checks a device once a second. Logs when the device stops carrying packets, with the reason, and when it carries packets again. With
 * `restores` it restores the device: at once, then after 1, 2, 4 and up to 30 seconds.
 */
export class DeviceWatch {
  readonly #device: Pick<Device, "name" | "problem" | "restore">;
  readonly #restores: boolean;
  readonly #log: Pick<Log, "info" | "warn">;
  readonly #timer: NodeJS.Timeout;
  #problem: string | undefined;
  /** `#calm`: samples since the last problem. `#wait`: samples until the next attempt. `#pause`: samples between the next two attempts. */
  #calm = 0;
  #wait = 0;
  #pause = 1;

  constructor(
    device: Pick<Device, "name" | "problem" | "restore">,
    restores: boolean,
    log: Pick<Log, "info" | "warn">,
  ) {
    this.#device = device;
    this.#restores = restores;
    this.#log = log;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  sample(): void {
    const problem = this.#device.problem?.();
    this.#report(problem, `the device ${this.#device.name} carries packets again`);
    if (this.#wait > 0) this.#wait--;
    if (problem === undefined) return this.#countCalm();
    this.#calm = 0;
    if (this.#restores && this.#wait === 0) this.#restore();
  }

  #countCalm(): void {
    this.#calm++;
    if (this.#calm === CALM) this.#pause = 1;
  }

  #restore(): void {
    this.#wait = this.#pause;
    this.#pause = Math.min(2 * this.#pause, MAX_PAUSE);
    this.#device.restore?.();
    this.#report(this.#device.problem?.(), `restored the device ${this.#device.name}: it carries packets again`);
  }

  #report(problem: string | undefined, repaired: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === undefined) this.#log.info(repaired);
    else this.#log.warn(`no packets: ${problem}`);
  }
}
