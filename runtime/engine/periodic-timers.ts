/**
 * Timers of `periodic` literals. The node starts the timers after it has loaded the facts. A timer that is due raises its event, and Mux
 * queues the event as the input of a step.
 */
import type { TimerSpec } from "../plan/contract/plan.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { Clock, Timer } from "../world/world.ts";

/** Raises the event of a `periodic` literal. `number` is unique among the events of all timers of all nodes. */
export type Fire = (timer: TimerSpec, number: number) => void;

/** An event number is a random prefix of ten digits per timer, followed by a counter of six digits. */
const COUNTER_RANGE = 1e6;
const LEAST_PREFIX = 1e9;
const PREFIX_RANGE = 8e9;

/** Timer of a `periodic` literal that will fire at `due`, in seconds. */
export interface PendingTimer {
  readonly due: number;
  readonly name: string;
  readonly predicate: number;
  /** Number of events so far. */
  readonly fired: number;
  readonly isLimited: boolean;
}

/** Timers with the same due time, and the alarm of the clock that fires them. */
interface Deadline {
  readonly timers: PeriodicTimer[];
  readonly alarm: Timer;
}

/**
 * Timers of the `periodic` literals of a program on one node. Each literal has its own timer with its own counter and
 * random streams. After a hot reload, timers of equal literals of the same rule continue.
 */
export class PeriodicTimers {
  readonly #clock: Clock;
  readonly #fire: Fire;
  readonly #timers: readonly PeriodicTimer[];
  /** Deadlines by due time. Timers of one deadline fire in the order of `compareTimers`. */
  readonly #deadlines = new Map<number, Deadline>();
  /** The latest result of `save`, until a timer changes. */
  #saved: (() => void) | undefined;

  constructor(timers: readonly TimerSpec[], clock: Clock, streams: RandomStreams, fire: Fire) {
    this.#clock = clock;
    this.#fire = fire;
    const named = timers.map((spec, at) => {
      const { rule } = spec.origin;
      const position = timers.slice(0, at).filter((other) => other.origin.rule === rule).length;
      const name = `periodic ${rule}/${position}`;
      const prefix = LEAST_PREFIX + streams.stream(`number of ${name}`).integer(PREFIX_RANGE);
      const first = prefix * COUNTER_RANGE;
      return new PeriodicTimer(name, spec, first, streams.stream(name));
    });
    this.#timers = named.toSorted(compareTimers);
  }

  /** Starts all timers. A timer with interval 0 fires `count` times at once. */
  start(): void {
    for (const timer of this.#timers) this.#begin(timer);
  }

  /** Starts all timers after a hot reload: a timer that matches one of `previous` continues it. Stops `previous`. */
  resume(previous: PeriodicTimers): void {
    previous.stop();
    for (const timer of this.#timers) {
      const match = previous.#timers.find((other) => other.matches(timer));
      if (match === undefined) this.#begin(timer);
      else if (timer.continueFrom(match)) this.#arm(timer);
    }
  }

  /** Returns a map from the event predicates of `previous` to the event predicates of the matching timers. */
  eventsOf(previous: PeriodicTimers): ReadonlyMap<number, number> {
    const pairs = this.#timers.flatMap((timer): readonly (readonly [number, number])[] => {
      const match = previous.#timers.find((other) => other.matches(timer));
      return match === undefined ? [] : [[match.spec.predicate, timer.spec.predicate]];
    });
    return new Map(pairs);
  }

  stop(): void {
    for (const { alarm } of this.#deadlines.values()) alarm.cancel();
    this.#deadlines.clear();
  }

  /** Number of timers that have a next due time. */
  get running(): number {
    return [...this.#deadlines.values()].reduce((sum, { timers }) => sum + timers.length, 0);
  }

  /** Returns a function that sets all timers back to their present states, and takes their present alarms to be set. */
  save(): () => void {
    if (this.#saved !== undefined) return this.#saved;
    const deadlines = [...this.#deadlines].map(([due, { timers, alarm }]) => [due, [...timers], alarm] as const);
    const restores = this.#timers.map((timer) => timer.save());
    const restore = (): void => {
      this.#deadlines.clear();
      for (const [due, timers, alarm] of deadlines) this.#deadlines.set(due, { timers: [...timers], alarm });
      for (const one of restores) one();
      this.#saved = restore;
    };
    this.#saved = restore;
    return restore;
  }

  /** The due time of each timer that will fire, in no particular order. */
  *pending(): Generator<PendingTimer> {
    for (const { timers } of this.#deadlines.values()) {
      for (const timer of timers) yield timer.pending;
    }
  }

  #begin(timer: PeriodicTimer): void {
    const { seconds, count } = timer.spec;
    if (seconds > 0) {
      timer.start(this.#clock.now());
      this.#arm(timer);
    } else for (let round = 0; round < count; round++) this.#fire(timer.spec, timer.next());
  }

  #arm(timer: PeriodicTimer): void {
    this.#saved = undefined;
    const { due } = timer;
    const deadline = this.#deadlines.get(due);
    if (deadline !== undefined) deadline.timers.push(timer);
    else this.#deadlines.set(due, { timers: [timer], alarm: this.#clock.at(due, () => this.#fireDue(due)) });
  }

  #fireDue(due: number): void {
    const timers = this.#deadlines.get(due)?.timers ?? [];
    this.#saved = undefined;
    this.#deadlines.delete(due);
    for (const timer of timers.toSorted(compareTimers)) {
      const number = timer.next();
      timer.schedule(this.#clock.now());
      if (!timer.isOver) this.#arm(timer);
      this.#fire(timer.spec, number);
    }
  }
}

/** Orders timers by the names of their rules. Timers of OverLog come last, in the order of the program's text. */
function compareTimers(one: PeriodicTimer, other: PeriodicTimer): number {
  const order = (one.spec.position ?? -1) - (other.spec.position ?? -1);
  return order !== 0 ? order : one.name < other.name ? -1 : 1;
}

class PeriodicTimer {
  /** Name of the rule, and number of the timer among the timers of the rule: the same in another program that has the rule. */
  readonly name: string;
  readonly spec: TimerSpec;
  /** Time of the next event, in seconds. */
  due = 0;
  readonly #random: RandomStream;
  /** Number of the first event. */
  #first: number;
  #fired = 0;

  constructor(name: string, spec: TimerSpec, first: number, random: RandomStream) {
    this.name = name;
    this.spec = spec;
    this.#first = first;
    this.#random = random;
  }

  start(now: number): void {
    this.due = now + (this.spec.delay ?? this.spec.seconds) + this.#jitter();
  }

  /** Whether both timers have the same name and the same settings. */
  matches({ name, spec }: PeriodicTimer): boolean {
    const { seconds, count, delay, jitter } = this.spec;
    return (
      this.name === name &&
      seconds === spec.seconds &&
      count === spec.count &&
      delay === spec.delay &&
      jitter === spec.jitter
    );
  }

  /** Takes over the counter and the due time of a matching timer. Returns whether the timer will fire again. */
  continueFrom(previous: PeriodicTimer): boolean {
    this.#first = previous.#first;
    this.#fired = previous.#fired;
    this.due = previous.due;
    return this.spec.seconds > 0 && !this.isOver;
  }

  get isOver(): boolean {
    return this.spec.count > 0 && this.#fired >= this.spec.count;
  }

  get pending(): PendingTimer {
    const { due, name, spec } = this;
    return { due, name, predicate: spec.predicate, fired: this.#fired, isLimited: spec.count > 0 };
  }

  /** Returns a function that sets the timer back to its present state. Its random stream is not part of this. */
  save(): () => void {
    const { due } = this;
    const fired = this.#fired;
    return () => {
      this.due = due;
      this.#fired = fired;
    };
  }

  /** Returns the number of the next event, and counts it. */
  next(): number {
    return this.#first + this.#fired++;
  }

  /** Sets the time of the next event. Events that a delayed node missed are skipped. */
  schedule(now: number): void {
    this.due = Math.max(this.due, now - this.spec.seconds) + this.spec.seconds + this.#jitter();
  }

  #jitter(): number {
    return this.spec.jitter > 0 ? this.#random.next() * this.spec.jitter : 0;
  }
}
