/**
 * The queue of step inputs, stage 2 of the packet path (`runtime/node/dataflow.ts`). Receivers, timers, operators and LocSpecDemux push
 * inputs; each starts one step of the engine. Most inputs find the queue empty: then their steps run at once and the inputs are not copied.
 */
import { InputQueue } from "../engine/input-queue.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Limits } from "../engine/limits/limits.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import { heldBytes } from "../plan/values/held-bytes.ts";
import { ownedTuple } from "../plan/values/owned.ts";
import type { Clock } from "../world/world.ts";
import type { Element } from "./element.ts";

const drops = ["queue full", "queue too large", "program replaced"] as const;

export const spec: ElementSpec = {
  name: "Mux",
  manual: `
Mux(limits)

Serialises the inputs from the network, the devices, the sockets, the timers and the node itself: one input starts one step. The answer to a
call that the node made to itself is queued before all inputs that are no answers.

Ports   in: any number, push. out: 1, one input at a time, each after the step of the previous input has ended.
Drops   "queue full": too many inputs are queued; "queue too large": the queued inputs hold too many bytes; "program replaced": the
        new program does not have the predicate of a queued input.
Reads   counters: inputs taken, inputs stepped; length, bytes: number of queued inputs, and their approximate memory
Built   by runtime/node/ports.ts, one per node.
See     NetworkIn, TunRx, Tcp, LocSpecDemux, OverlayRecvUnwrap
`,
  drops,
  // The queue is state, but no cached run depends on it: a run that leaves inputs in the queue is not cached, and the flow cache is
  // blocked while Mux pauses with inputs queued.
  stateful: false,
};

/** Limits of a time slice, in steps and in seconds. After each slice the other timers and sockets of the process run. */
const STEPS_PER_SLICE = 256;
const SLICE_SECONDS = 0.002;

/** Steps between two readings of the clock. */
const STEPS_PER_READING = 4;

export class Mux implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Approximate memory of the queued inputs, in bytes. */
  bytes = 0;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #step: (input: StepInput) => void;
  readonly #yielding: (isYielding: boolean) => void;
  readonly #queue = new InputQueue();
  /** Inputs whose steps run before those of `#queue`. */
  readonly #first = new InputQueue();
  #isRunning = false;
  #isYielding = false;
  #isClosed = false;

  /**
   * Mux calls `step` for each input. It calls `yielding(true)` when it pauses with inputs queued, and `yielding(false)` when it resumes.
   */
  constructor(
    clock: Clock,
    limits: Limits,
    step: (input: StepInput) => void,
    yielding: (isYielding: boolean) => void = (): void => {},
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#step = step;
    this.#yielding = yielding;
  }

  /** Number of inputs queued. */
  get length(): number {
    return this.#first.length + this.#queue.length;
  }

  /**
   * Takes an input. If no step is running and no input is queued, runs the step of the input before it returns. Otherwise it queues the
   * input, with a copy of the input's bytes.
   */
  push(input: StepInput): void {
    if (this.#isClosed) return;
    this.counters.in++;
    if (!this.#isRunning && !this.#isYielding) this.#run(input);
    else this.#enqueue(input);
  }

  /** Takes inputs whose steps run before the steps of all other inputs in the queue. Called while a step runs. */
  pushFirst(inputs: readonly StepInput[]): void {
    if (this.#isClosed) return;
    this.counters.in += inputs.length;
    for (const input of inputs) this.#enqueue(input, this.#first);
  }

  /**
   * Takes an input for which a rule waits. The limits of the queue do not apply. The bytes of the input are not copied, so the caller must
   * not reuse them.
   */
  pushReserved(input: StepInput): void {
    if (this.#isClosed) return;
    this.counters.in++;
    if (!this.#isRunning && !this.#isYielding) return this.#run(input);
    this.bytes += heldBytes(input.tuple);
    this.#queue.push(input);
  }

  /** The inputs queued, first to last. */
  waiting(): readonly StepInput[] {
    return [...this.#first.waiting(), ...this.#queue.waiting()];
  }

  #enqueue(input: StepInput, queue: InputQueue = this.#queue): void {
    const bytes = heldBytes(input.tuple);
    const { queued, queuedBytes } = this.#limits;
    if (this.length >= queued) return this.counters.drop("queue full");
    if (this.bytes + bytes > queuedBytes) return this.counters.drop("queue too large");
    this.bytes += bytes;
    queue.push({ ...input, tuple: ownedTuple(input.tuple) });
  }

  /** Runs a step that does not come from the queue. Inputs that arrive during this step are queued, and their steps run after it. */
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

  /** Translates the queued inputs to the predicates of a new program. Drops an input for which `translate` returns undefined. */
  replaceProgram(translate: (input: StepInput) => StepInput | undefined): void {
    const before = this.length;
    for (const queue of [this.#first, this.#queue]) {
      queue.replace(
        queue
          .waiting()
          .map(translate)
          .filter((input) => input !== undefined),
      );
    }
    this.bytes = this.waiting().reduce((sum, { tuple }) => sum + heldBytes(tuple), 0);
    for (let lost = before - this.length; lost > 0; lost--) this.counters.drop("program replaced");
  }

  /** Discards the queued inputs, and cancels the pause. The model checker calls it before it restores a state, between two steps. */
  discard(): void {
    if (this.length > 0) this.#clear();
    this.#isYielding = false;
  }

  /** Discards the queued inputs. From then on Mux takes no input and starts no step. */
  close(): void {
    this.#isClosed = true;
    this.#clear();
  }

  #clear(): void {
    this.#first.replace([]);
    this.#queue.replace([]);
    this.bytes = 0;
  }

  /** Runs the step of `first`, which is not queued, then steps of queued inputs until the time slice ends. */
  #run(first?: StepInput): void {
    this.#isRunning = true;
    try {
      if (first !== undefined) this.#start(first);
      this.#runSlice();
    } finally {
      this.#isRunning = false;
    }
    if (this.length > 0) this.#yield();
  }

  #start(input: StepInput): void {
    this.counters.out++;
    this.#step(input);
  }

  #runSlice(): void {
    let end = Infinity;
    for (let steps = 1; ; steps++) {
      const input = this.#first.take() ?? this.#queue.take();
      if (input === undefined) return;
      this.bytes -= heldBytes(input.tuple);
      this.#start(input);
      if (steps === STEPS_PER_SLICE || this.length === 0) return;
      if (steps % STEPS_PER_READING !== 1) continue;
      const now = this.#clock.now();
      if (now >= end) return;
      if (end === Infinity) end = now + SLICE_SECONDS;
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
}
