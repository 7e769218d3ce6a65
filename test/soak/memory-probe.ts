import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Time limit of a garbage collection on a busy machine. */
const TIMEOUT_MS = 20_000;
const POLL_MS = 20;
const REPORT_MEMORY = fileURLToPath(new URL("report-memory.ts", import.meta.url));

/** Memory in megabytes: live after a garbage collection, and resident. */
export interface MemorySample {
  readonly live: number;
  readonly resident: number;
  readonly descriptors: number;
}

/** Probe of the memory of nodes. Nodes that start while it exists report their memory on SIGUSR2. */
export class MemoryProbe implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "mosaic-soak-"));

  constructor() {
    process.env["MOSAIC_SOAK_FOLDER"] = this.#folder;
    process.env["NODE_OPTIONS"] = `--import ${REPORT_MEMORY}`;
  }

  /** Returns the resident memory of processes in megabytes, without the garbage collection of `sample`, which would shrink it. */
  resident(pids: readonly number[]): readonly number[] {
    return pids.map(residentOf);
  }

  /** Returns a sample of each process after a garbage collection. `restMs` is the time to return memory to the system. */
  async sample(pids: readonly number[], restMs: number = 0): Promise<readonly MemorySample[]> {
    for (const pid of pids) {
      rmSync(this.#file(pid), { force: true });
      process.kill(pid, "SIGUSR2");
    }
    const end = Date.now() + TIMEOUT_MS;
    while (!pids.every((pid) => existsSync(this.#file(pid))) && Date.now() < end) await sleep(POLL_MS);
    await sleep(restMs);
    return pids.map((pid) => this.#read(pid));
  }

  [Symbol.dispose](): void {
    delete process.env["MOSAIC_SOAK_FOLDER"];
    delete process.env["NODE_OPTIONS"];
    rmSync(this.#folder, { recursive: true });
  }

  #file(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }

  #read(pid: number): MemorySample {
    const usage = JSON.parse(readFileSync(this.#file(pid), "utf8")) as Record<"heap" | "external", number>;
    return {
      live: (usage.heap + usage.external) / 1e6,
      resident: residentOf(pid),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  }
}

function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
}
