import type { TimerSpec } from "../plan/plan.ts";
import { type RandomStream, streamOf } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";

/** Raises the event of a `periodic` literal; `number` is fresh for that literal. */
export type Fire = (timer: TimerSpec, number: number) => void;

/** The `periodic` literals of a program on one node. Each is its own timer, counts by itself and draws its own jitter. */
export class PeriodicTimers {
  readonly #clock: Clock;
  readonly #fire: Fire;
  readonly #running: PeriodicTimer[];

  constructor(timers: readonly TimerSpec[], clock: Clock, seed: number, fire: Fire) {
    this.#clock = clock;
    this.#fire = fire;
    this.#running = timers.map((spec, at) => {
      const { rule } = spec.origin;
      const place = timers.slice(0, at).filter((other) => other.origin.rule === rule).length;
      return new PeriodicTimer(spec, streamOf(seed, `periodic ${rule}/${place}`));
    });
  }

  /** Interval 0 with a count: that many steps at once, after the facts. The others wait for their time. */
  start(): void {
    for (const timer of this.#running) {
      if (timer.spec.seconds > 0) timer.start(this.#clock, this.#fire);
      else for (let number = 0; number < timer.spec.count; number++) this.#fire(timer.spec, number);
    }
  }

  stop(): void {
    for (const timer of this.#running) timer.stop();
  }

  /** Timers that will ring. */
  get running(): number {
    return this.#running.filter((timer) => timer.isArmed).length;
  }
}

class PeriodicTimer {
  readonly spec: TimerSpec;
  readonly #random: RandomStream;
  #number = 0;
  #due = 0;
  #timer: Timer | undefined;

  constructor(spec: TimerSpec, random: RandomStream) {
    this.spec = spec;
    this.#random = random;
  }

  start(clock: Clock, fire: Fire): void {
    this.#due = clock.now() + (this.spec.delay ?? this.spec.seconds);
    this.#arm(clock, fire);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get isArmed(): boolean {
    return this.#timer !== undefined;
  }

  #arm(clock: Clock, fire: Fire): void {
    const jitter = this.spec.jitter > 0 ? this.#random.next() * this.spec.jitter : 0;
    this.#due += jitter;
    this.#timer = clock.at(this.#due, () => this.#ring(clock, fire));
  }

  /** A node that was held up does not make up for what it missed. */
  #ring(clock: Clock, fire: Fire): void {
    const number = this.#number++;
    const isLast = this.spec.count > 0 && this.#number >= this.spec.count;
    this.#due = Math.max(this.#due, clock.now() - this.spec.seconds) + this.spec.seconds;
    this.#timer = undefined;
    if (!isLast) this.#arm(clock, fire);
    fire(this.spec, number);
  }
}
