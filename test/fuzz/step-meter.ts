import { Engine } from "../../runtime/engine/engine.ts";

/** Methods of the engine that run one step. */
const STEPS = ["step", "expire", "send", "load"] as const;

/** Measures the thread's CPU time of each step of all engines of the process, while it exists. */
export class StepMeter implements Disposable {
  /** CPU seconds of all steps since `reset`, and of the longest. */
  total = 0;
  longest = 0;
  /** Predicate of the input of the longest step. */
  longestInput = "";
  readonly #originals = STEPS.map((name) => [name, Engine.prototype[name]] as const);
  #depth = 0;

  constructor() {
    for (const [name, original] of this.#originals) this.#install(name, original as (...args: unknown[]) => unknown);
  }

  reset(): void {
    this.total = 0;
    this.longest = 0;
    this.longestInput = "";
  }

  #install(name: (typeof STEPS)[number], original: (...args: unknown[]) => unknown): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const meter = this;
    Object.assign(Engine.prototype, {
      [name](this: Engine, ...args: unknown[]): unknown {
        const start = cpuSeconds();
        meter.#depth++;
        try {
          return original.apply(this, args);
        } finally {
          meter.#depth--;
          if (meter.#depth === 0) meter.#ended(cpuSeconds() - start, name, args[0]);
        }
      },
    });
  }

  #ended(seconds: number, name: string, input: unknown): void {
    this.total += seconds;
    if (seconds <= this.longest) return;
    this.longest = seconds;
    const tuple = (input as { tuple?: { predicate: { name: string } } } | undefined)?.tuple;
    this.longestInput = tuple?.predicate.name ?? name;
  }

  [Symbol.dispose](): void {
    for (const [name, original] of this.#originals) Object.assign(Engine.prototype, { [name]: original });
  }
}

/** CPU time of this thread, which other processes do not lengthen. */
export function cpuSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
