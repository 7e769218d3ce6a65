import type { TimerSpec } from "../plan/plan.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";

/** Raises the event of a `periodic` literal; `number` is fresh for that literal. */
export type Fire = (timer: TimerSpec, number: number) => void;

/** The `periodic` literals of a program on one node. Each is its own timer, counts by itself and draws its own jitter. */
export class PeriodicTimers {
  readonly #clock: Clock;
  readonly #fire: Fire;
  readonly #running: PeriodicTimer[];

  constructor(timers: readonly TimerSpec[], clock: Clock, streams: RandomStreams, fire: Fire) {
    this.#clock = clock;
    this.#fire = fire;
    const running = timers.map((spec, at) => {
      const { rule } = spec.origin;
      const place = timers.slice(0, at).filter((other) => other.origin.rule === rule).length;
      const name = `periodic ${rule}/${place}`;
      return new PeriodicTimer(name, spec, streams.stream(name));
    });
    // Timers that ring at one moment ring in the order in which they were started: not that of the rules.
    this.#running = running.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Interval 0 with a count: that many steps at once, after the facts. The others wait for their time. */
  start(): void {
    for (const timer of this.#running) this.#begin(timer);
  }

  /** As `start`, but timers that `before` has too go on where they are there. Those of `before` ring no more. */
  resume(before: PeriodicTimers): void {
    before.stop();
    for (const timer of this.#running) {
      const same = before.#running.find((other) => other.isSame(timer));
      if (same !== undefined) timer.goOn(same, this.#clock, this.#fire);
      else this.#begin(timer);
    }
  }

  /** The event of `before` that the event of one of these timers goes on from: its predicate there, and here. */
  eventsOf(before: PeriodicTimers): ReadonlyMap<number, number> {
    const pairs = this.#running.flatMap((timer): readonly (readonly [number, number])[] => {
      const same = before.#running.find((other) => other.isSame(timer));
      return same === undefined ? [] : [[same.spec.predicate, timer.spec.predicate]];
    });
    return new Map(pairs);
  }

  stop(): void {
    for (const timer of this.#running) timer.stop();
  }

  #begin(timer: PeriodicTimer): void {
    if (timer.spec.seconds > 0) timer.start(this.#clock, this.#fire);
    else for (let number = 0; number < timer.spec.count; number++) this.#fire(timer.spec, number);
  }

  /** Timers that will ring. */
  get running(): number {
    return this.#running.filter((timer) => timer.isArmed).length;
  }
}

class PeriodicTimer {
  /** Of the rule and its place in it. */
  readonly name: string;
  readonly spec: TimerSpec;
  readonly #random: RandomStream;
  #number = 0;
  #due = 0;
  #timer: Timer | undefined;

  constructor(name: string, spec: TimerSpec, random: RandomStream) {
    this.name = name;
    this.spec = spec;
    this.#random = random;
  }

  start(clock: Clock, fire: Fire): void {
    this.#due = clock.now() + (this.spec.delay ?? this.spec.seconds);
    this.#arm(clock, fire);
  }

  isSame({ name, spec }: PeriodicTimer): boolean {
    const { seconds, count, delay, jitter } = this.spec;
    return (
      this.name === name &&
      seconds === spec.seconds &&
      count === spec.count &&
      delay === spec.delay &&
      jitter === spec.jitter
    );
  }

  /** `before` has been stopped. */
  goOn(before: PeriodicTimer, clock: Clock, fire: Fire): void {
    this.#number = before.#number;
    this.#due = before.#due;
    const isOver = this.spec.seconds === 0 || (this.spec.count > 0 && this.#number >= this.spec.count);
    if (!isOver) this.#timer = clock.at(this.#due, () => this.#ring(clock, fire));
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
