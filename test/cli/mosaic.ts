import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const MOSAIC: string = fileURLToPath(new URL("../../mosaic", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `mosaic` process and its output so far. */
export class MosaicProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], prefix: readonly string[] = [], program: string = MOSAIC) {
    const [command = program, ...rest] = [...prefix, program, ...args];
    this.#child = spawn(command, rest, { stdio: "pipe" });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Closes the reading end of the pipe that is the stdout of the process. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  /** Resolves when the output matches the pattern; rejects with the output if the process ends before. */
  async printed(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!pattern.test(this.stdout + this.stderr)) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`never printed ${String(pattern)}, but:\n${this.stdout}\n${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export function mosaic(...args: readonly string[]): Promise<Ended> {
  return new MosaicProcess(args).ended;
}
