import type { StepInput } from "../engine/step-input.ts";
import type { Limits } from "../engine/limits.ts";
import { heldBytes } from "../plan/values/held-bytes.ts";
import { ownedTuple } from "../plan/values/owned.ts";
import type { Clock } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "Mux",
  manual: `
Mux(limits)

Joins what comes from the network, the devices, the timers and this node itself into one sequence of steps.

Ports   in: any number, push. out: 1, one cause at a time, each after the step of the one before is done.
Drops   "queue full": a cause when too many wait already; "queue too large": when they hold too much;
        "program replaced": what waits when another program takes over that it means nothing to.
Reads   counters: causes in, causes out; length, bytes: causes waiting, and about what they hold
Built   by runtime/node/dataflow.ts, one per node.
See     NetworkIn, TunRx, Tcp, LocSpecDemux, OverlayRecvUnwrap
`,
  inputs: "1-",
  outputs: "1",
  drops: ["queue full", "queue too large", "program replaced"],
};

/** Steps run without a pause for others, and for so many seconds at most; then timers and sockets get their turn. */
const STEPS_PER_TURN = 256;
const TURN_SECONDS = 0.002;

/** Steps between looks at the clock. */
const STEPS_PER_LOOK = 4;

export class Mux {
  readonly counters: ElementCounters = new ElementCounters();
  /** About what the causes that wait hold. */
  bytes = 0;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #step: (cause: StepInput) => void;
  readonly #yielding: (isYielding: boolean) => void;
  #waiting: StepInput[] = [];
  #next = 0;
  #isRunning = false;
  #isYielding = false;
  #isClosed = false;

  /** `rests` is told when causes wait for others to have their turn, and when they do no more. */
  constructor(
    clock: Clock,
    limits: Limits,
    step: (cause: StepInput) => void,
    yielding: (isYielding: boolean) => void = (): void => {},
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#step = step;
    this.#yielding = yielding;
  }

  get length(): number {
    return this.#waiting.length - this.#next;
  }

  /** Takes a cause; its step has run when this returns, unless another is under way or waiting: then its bytes are copied. */
  push(cause: StepInput): void {
    if (this.#isClosed) return;
    this.counters.in++;
    if (!this.#isRunning && !this.#isYielding) this.#run(cause);
    else this.#wait(cause);
  }

  /** As `push`, of what a rule waits for: it finds room whatever else waits. Its bytes are nobody else's. */
  pushReserved(cause: StepInput): void {
    if (this.#isClosed) return;
    this.counters.in++;
    if (!this.#isRunning && !this.#isYielding) return this.#run(cause);
    this.bytes += heldBytes(cause.tuple);
    this.#waiting.push(cause);
  }

  /** What waits. */
  waiting(): readonly StepInput[] {
    return this.#waiting.slice(this.#next);
  }

  #wait(cause: StepInput): void {
    const bytes = heldBytes(cause.tuple);
    const { queued, queuedBytes } = this.#limits;
    if (this.length >= queued) return this.counters.drop("queue full");
    if (this.bytes + bytes > queuedBytes) return this.counters.drop("queue too large");
    this.bytes += bytes;
    this.#waiting.push({ ...cause, tuple: ownedTuple(cause.tuple) });
  }

  /** Runs a step that has no cause of its own; what it sends to this node waits until it is done. */
  runExclusive<T>(step: () => T): T {
    const wasRunning = this.#isRunning;
    this.#isRunning = true;
    try {
      return step();
    } finally {
      this.#isRunning = wasRunning;
      if (!wasRunning && !this.#isYielding && this.length > 0) this.#run();
    }
  }

  /** Gives what waits to another program; what means nothing to it is dropped. */
  replaceProgram(translate: (cause: StepInput) => StepInput | undefined): void {
    const waiting = this.#waiting.slice(this.#next).map(translate);
    this.#waiting = waiting.filter((cause) => cause !== undefined);
    this.#next = 0;
    this.bytes = this.#waiting.reduce((sum, { tuple }) => sum + heldBytes(tuple), 0);
    for (let lost = waiting.length - this.#waiting.length; lost > 0; lost--) this.counters.drop("program replaced");
  }

  /** Nothing is stepped any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#next = 0;
    this.bytes = 0;
  }

  /** Runs the step of `first`, which did not have to wait, and of those that wait, until others must have their turn. */
  #run(first?: StepInput): void {
    this.#isRunning = true;
    try {
      if (first !== undefined) this.#start(first);
      this.#turn();
    } finally {
      this.#isRunning = false;
    }
    if (this.#next >= this.#waiting.length) return this.#reset();
    this.#compact();
    this.#yield();
  }

  #start(cause: StepInput): void {
    this.counters.out++;
    this.#step(cause);
  }

  #turn(): void {
    let end = Infinity;
    for (let steps = 1; this.#next < this.#waiting.length; steps++) {
      const cause = this.#waiting[this.#next++] as StepInput;
      this.bytes -= heldBytes(cause.tuple);
      this.#start(cause);
      if (steps === STEPS_PER_TURN || this.#next >= this.#waiting.length) return;
      if (steps % STEPS_PER_LOOK !== 1) continue;
      const now = this.#clock.now();
      if (now >= end) return;
      if (end === Infinity) end = now + TURN_SECONDS;
    }
  }

  #yield(): void {
    this.#isYielding = true;
    this.#yielding(true);
    this.#clock.soon(() => {
      this.#isYielding = false;
      this.#yielding(false);
      if (!this.#isClosed) this.#run();
    });
  }

  /** Most steps find nothing waiting, and leave nothing. */
  #reset(): void {
    if (this.#next === 0) return;
    this.#waiting = [];
    this.#next = 0;
  }

  /** Only when it is worth it: a long line is not copied at every turn. */
  #compact(): void {
    if (this.#next < this.#waiting.length / 2) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }
}
