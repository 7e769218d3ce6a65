import { streamOf } from "../../runtime/world/random.ts";
import type { FuzzInput } from "./fuzz-input.ts";
import { compileFuzzed, PROGRAMS, type FuzzedProgram } from "./fuzzed-program.ts";
import { FuzzedNetwork } from "./fuzzed-network.ts";
import { HostileInputs } from "./hostile-inputs.ts";
import { pingsArrive } from "./ping-check.ts";
import { recordingOf } from "./recorded-tuples.ts";
import { cpuSeconds, StepMeter } from "./step-meter.ts";

/** Bounds of the promise: CPU seconds of a step, and of the work for one event outside of steps; bytes of growth. */
const STEP_SECONDS = 0.05;
const GROWTH_BYTES: number = 64 * 2 ** 20;

const WARM_UP_SECONDS = 12;
/** Time after the last input: longer than every lifetime and timeout of the programs, except the fingers of Chord. */
const REST_SECONDS = 90;
const MEASURED_SECONDS = 10;
/** Datagrams by which the traffic after the inputs may exceed twice the traffic before them. */
const TRAFFIC_TOLERANCE = 200;
const MEMORY_CHECKS = 2;
/** Events of the simulation that one input may cause at once. */
const EVENTS_MAX = 200_000;
/** Slow steps that a run reports. Later ones are found when these are mended. */
const SUSPECTS_MAX = 64;

export interface FuzzCase {
  readonly program: string;
  readonly seed: number;
  /** Number of tuples in generated inputs, or the inputs themselves. */
  readonly inputs: number | readonly FuzzInput[];
}

/** A broken promise. `slow` is a suspicion until it is repeated: a garbage collection may lengthen a step. */
export interface Finding {
  readonly kind: "slow" | "exception" | "growth" | "storm" | "restless" | "pings lost";
  /** Index of the input. */
  readonly at: number;
  readonly detail: string;
}

export interface FuzzResult {
  readonly findings: readonly Finding[];
  /** Inputs of the run, up to the last finding, if they were asked for. */
  readonly inputs: readonly FuzzInput[];
  readonly tuples: number;
  readonly steps: number;
  /** CPU seconds of the longest step, and bytes that the greatest growth does not exceed. */
  readonly longest: number;
  readonly growth: number;
}

export interface FuzzRunOptions {
  /** Whether the result has the inputs. */
  readonly keepsInputs?: boolean;
  /** Inputs of which slow steps are reported. All if omitted. */
  readonly suspects?: ReadonlySet<number>;
  /** Index of the last input. */
  readonly last?: number;
}

/** Runs a case from its start. */
export function runCase(one: FuzzCase, options: FuzzRunOptions = {}): FuzzResult {
  using meter = new StepMeter();
  return new FuzzRun(one, meter, options).result();
}

class FuzzRun {
  readonly #fuzzed: FuzzedProgram;
  readonly #network: FuzzedNetwork;
  readonly #meter: StepMeter;
  readonly #hostile: HostileInputs;
  readonly #planned: FuzzCase["inputs"];
  readonly #findings: Finding[] = [];
  readonly #inputs: FuzzInput[] = [];
  readonly #options: FuzzRunOptions;
  readonly #trafficBefore: number;
  readonly #memoryBefore: number;
  #longest = 0;
  #growth = 0;
  #at = 0;
  #tuples = 0;

  constructor({ program, seed, inputs }: FuzzCase, meter: StepMeter, options: FuzzRunOptions) {
    this.#fuzzed = PROGRAMS[program] as FuzzedProgram;
    const compiled = compileFuzzed(this.#fuzzed);
    this.#network = new FuzzedNetwork(compiled, this.#fuzzed, seed);
    this.#meter = meter;
    this.#options = options;
    this.#pass(WARM_UP_SECONDS);
    this.#trafficBefore = this.#traffic();
    this.#network.isRecording = false;
    const recording = recordingOf(compiled.plan, this.#network.sent);
    this.#hostile = new HostileInputs(
      compiled.plan,
      recording,
      this.#fuzzed.hasTun === true,
      streamOf(seed, "hostile inputs"),
    );
    this.#planned = inputs;
    this.#memoryBefore = this.#network.memory();
  }

  result(): FuzzResult {
    let checkAt = 1;
    for (let input = this.#next(); input !== undefined && !this.#isOver; input = this.#next()) {
      this.#input(input);
      this.#at++;
      if (this.#progress() < checkAt / MEMORY_CHECKS) continue;
      this.#checkMemory();
      checkAt++;
    }
    if (!this.#isOver) this.#rest();
    return {
      findings: this.#findings,
      inputs: this.#inputs,
      tuples: this.#tuples,
      steps: this.#network.nodes.reduce((sum, node) => sum + node.counters.engine.steps, 0),
      longest: this.#longest,
      growth: this.#growth,
    };
  }

  /** Returns the next input; undefined after the last. */
  #next(): FuzzInput | undefined {
    if (this.#at > (this.#options.last ?? Infinity)) return undefined;
    if (typeof this.#planned !== "number") return this.#planned[this.#at];
    return this.#tuples < this.#planned ? this.#hostile.next() : undefined;
  }

  /** Share of the inputs that the network has taken. */
  #progress(): number {
    return typeof this.#planned === "number" ? this.#tuples / this.#planned : this.#at / this.#planned.length;
  }

  get #isOver(): boolean {
    return this.#findings.some(({ kind }) => kind !== "slow");
  }

  #input(input: FuzzInput): void {
    if (this.#options.keepsInputs === true) this.#inputs.push(input);
    if (input.kind === "datagrams") this.#tuples += input.tuples;
    this.#guarded(() => {
      const start = cpuSeconds();
      this.#meter.reset();
      this.#network.apply(input);
      this.#measured(start);
      this.#pass(input.kind === "pause" ? input.seconds : 0);
    });
  }

  #rest(): void {
    this.#guarded(() => this.#pass(REST_SECONDS));
    if (this.#isOver) return;
    this.#checkMemory();
    const traffic = this.#traffic();
    if (traffic > 2 * this.#trafficBefore + TRAFFIC_TOLERANCE) {
      this.#report(
        "restless",
        `${traffic} datagrams in ${MEASURED_SECONDS} s, ${this.#trafficBefore} before the inputs`,
      );
    }
    const lost = this.#fuzzed.hasTun === true ? pingsArrive(this.#network) : undefined;
    if (lost !== undefined) this.#report("pings lost", lost);
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error: unknown) {
      this.#report("exception", error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  /** Lets time pass, and measures each event. */
  #pass(seconds: number): void {
    const { simulation } = this.#network;
    let events = 0;
    let start = cpuSeconds();
    this.#meter.reset();
    simulation.runUntil(simulation.now + seconds, () => {
      this.#measured(start);
      start = cpuSeconds();
      this.#meter.reset();
      return ++events > EVENTS_MAX * (1 + seconds);
    });
    if (events > EVENTS_MAX * (1 + seconds)) this.#report("storm", `${events} events within ${seconds} s`);
  }

  /** Checks the time since `start`: of each step, and of the work outside of steps. */
  #measured(start: number): void {
    const { total, longest, longestInput } = this.#meter;
    this.#longest = Math.max(this.#longest, longest);
    const outside = cpuSeconds() - start - total;
    if (longest > STEP_SECONDS) this.#report("slow", `${milliseconds(longest)} in a step of ${longestInput}`);
    else if (outside > STEP_SECONDS) this.#report("slow", `${milliseconds(outside)} outside of steps`);
  }

  #checkMemory(): void {
    const growth = this.#network.memory(this.#memoryBefore + GROWTH_BYTES) - this.#memoryBefore;
    this.#growth = Math.max(this.#growth, growth);
    if (growth <= GROWTH_BYTES) return;
    this.#report("growth", `${(growth / 2 ** 20).toFixed(1)} MiB: ${this.#network.sizes()}`);
  }

  #traffic(): number {
    const before = this.#network.sentCount;
    this.#pass(MEASURED_SECONDS);
    return this.#network.sentCount - before;
  }

  #report(kind: Finding["kind"], detail: string): void {
    const { suspects } = this.#options;
    if (kind === "slow" && (suspects?.has(this.#at) === false || this.#findings.length >= SUSPECTS_MAX)) return;
    this.#findings.push({ kind, at: this.#at, detail });
  }
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
