import type { TimerSpec } from "../plan/plan.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";

/** Raises the event of a `periodic` literal; `number` is one that no event of another timer has, on whatever node. */
export type Fire = (timer: TimerSpec, number: number) => void;

/** The last six digits of a timer's numbers count; what stands before them is drawn, and makes ten digits more. */
const COUNTED = 1e6;
const LEAST_DRAWN = 1e9;
const DRAWN = 8e9;

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
      const first = (LEAST_DRAWN + streams.stream(`number of ${name}`).integer(DRAWN)) * COUNTED;
      return new PeriodicTimer(name, spec, first, streams.stream(name));
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
    else for (let round = 0; round < timer.spec.count; round++) this.#fire(timer.spec, timer.next());
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
  #first: number;
  #rung = 0;
  #due = 0;
  #timer: Timer | undefined;

  constructor(name: string, spec: TimerSpec, first: number, random: RandomStream) {
    this.name = name;
    this.spec = spec;
    this.#first = first;
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
    this.#first = before.#first;
    this.#rung = before.#rung;
    this.#due = before.#due;
    if (this.spec.seconds > 0 && !this.#isOver) this.#timer = clock.at(this.#due, () => this.#ring(clock, fire));
  }

  /** The number of the event that is raised next. */
  next(): number {
    return this.#first + this.#rung++;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  get #isOver(): boolean {
    return this.spec.count > 0 && this.#rung >= this.spec.count;
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
    const number = this.next();
    this.#due = Math.max(this.#due, clock.now() - this.spec.seconds) + this.spec.seconds;
    this.#timer = undefined;
    if (!this.#isOver) this.#arm(clock, fire);
    fire(this.spec, number);
  }
}
