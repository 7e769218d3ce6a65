import type { TimerSpec } from "../plan/contract/plan.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";

/** Raises the event of a `periodic` literal; `number` is one that no event of another timer has, on whatever node. */
export type Fire = (timer: TimerSpec, number: number) => void;

/** The last six digits of a timer's numbers count; what stands before them is drawn, and makes ten digits more. */
const COUNTED = 1e6;
const LEAST_DRAWN = 1e9;
const DRAWN = 8e9;

/** Timers that ring at one moment. */
interface Moment {
  readonly timers: PeriodicTimer[];
  readonly alarm: Timer;
}

/** The `periodic` literals of a program on one node. Each is its own timer, counts by itself and draws its own jitter. */
export class PeriodicTimers {
  readonly #clock: Clock;
  readonly #fire: Fire;
  readonly #timers: readonly PeriodicTimer[];
  /** By when they ring: at one moment in the order of their rules' names, not that in which they were set. */
  readonly #moments = new Map<number, Moment>();

  constructor(timers: readonly TimerSpec[], clock: Clock, streams: RandomStreams, fire: Fire) {
    this.#clock = clock;
    this.#fire = fire;
    const named = timers.map((spec, at) => {
      const { rule } = spec.origin;
      const place = timers.slice(0, at).filter((other) => other.origin.rule === rule).length;
      const name = `periodic ${rule}/${place}`;
      const first = (LEAST_DRAWN + streams.stream(`number of ${name}`).integer(DRAWN)) * COUNTED;
      return new PeriodicTimer(name, spec, first, streams.stream(name));
    });
    this.#timers = named.toSorted(compareNames);
  }

  /** Interval 0 with a count: that many steps at once, after the facts. The others wait for their time. */
  start(): void {
    for (const timer of this.#timers) this.#begin(timer);
  }

  /** As `start`, but timers that `before` has too go on where they are there. Those of `before` ring no more. */
  resume(before: PeriodicTimers): void {
    before.stop();
    for (const timer of this.#timers) {
      const same = before.#timers.find((other) => other.isSame(timer));
      if (same === undefined) this.#begin(timer);
      else if (timer.goOn(same)) this.#arm(timer);
    }
  }

  /** The event of `before` that the event of one of these timers goes on from: its predicate there, and here. */
  eventsOf(before: PeriodicTimers): ReadonlyMap<number, number> {
    const pairs = this.#timers.flatMap((timer): readonly (readonly [number, number])[] => {
      const same = before.#timers.find((other) => other.isSame(timer));
      return same === undefined ? [] : [[same.spec.predicate, timer.spec.predicate]];
    });
    return new Map(pairs);
  }

  stop(): void {
    for (const { alarm } of this.#moments.values()) alarm.cancel();
    this.#moments.clear();
  }

  /** Timers that will ring. */
  get running(): number {
    return [...this.#moments.values()].reduce((sum, { timers }) => sum + timers.length, 0);
  }

  #begin(timer: PeriodicTimer): void {
    const { seconds, count } = timer.spec;
    if (seconds > 0) {
      timer.start(this.#clock.now());
      this.#arm(timer);
    } else for (let round = 0; round < count; round++) this.#fire(timer.spec, timer.next());
  }

  #arm(timer: PeriodicTimer): void {
    const { due } = timer;
    const moment = this.#moments.get(due);
    if (moment !== undefined) moment.timers.push(timer);
    else this.#moments.set(due, { timers: [timer], alarm: this.#clock.at(due, () => this.#ring(due)) });
  }

  #ring(due: number): void {
    const timers = this.#moments.get(due)?.timers ?? [];
    this.#moments.delete(due);
    for (const timer of timers.toSorted(compareNames)) {
      const number = timer.next();
      timer.ring(this.#clock.now());
      if (!timer.isOver) this.#arm(timer);
      this.#fire(timer.spec, number);
    }
  }
}

function compareNames(one: PeriodicTimer, other: PeriodicTimer): number {
  return one.name < other.name ? -1 : 1;
}

class PeriodicTimer {
  /** Of the rule and its place in it. */
  readonly name: string;
  readonly spec: TimerSpec;
  /** When it rings next. */
  due = 0;
  readonly #random: RandomStream;
  #first: number;
  #rung = 0;

  constructor(name: string, spec: TimerSpec, first: number, random: RandomStream) {
    this.name = name;
    this.spec = spec;
    this.#first = first;
    this.#random = random;
  }

  start(now: number): void {
    this.due = now + (this.spec.delay ?? this.spec.seconds) + this.#jitter();
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

  /** Whether there is anything to go on with. */
  goOn(before: PeriodicTimer): boolean {
    this.#first = before.#first;
    this.#rung = before.#rung;
    this.due = before.due;
    return this.spec.seconds > 0 && !this.isOver;
  }

  get isOver(): boolean {
    return this.spec.count > 0 && this.#rung >= this.spec.count;
  }

  /** The number of the event that is raised next. */
  next(): number {
    return this.#first + this.#rung++;
  }

  /** A node that was held up does not make up for what it missed. */
  ring(now: number): void {
    this.due = Math.max(this.due, now - this.spec.seconds) + this.spec.seconds + this.#jitter();
  }

  #jitter(): number {
    return this.spec.jitter > 0 ? this.#random.next() * this.spec.jitter : 0;
  }
}
