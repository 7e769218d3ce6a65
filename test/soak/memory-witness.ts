import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Time limit of a garbage collection on a busy machine. */
const TIMEOUT_MS = 20_000;
const LOOK_MS = 20;
const TELL_MEMORY = fileURLToPath(new URL("tell-memory.ts", import.meta.url));

/** Memory in megabytes: live after a garbage collection, and resident. */
export interface MemorySample {
  readonly alive: number;
  readonly resident: number;
  readonly descriptors: number;
}

/** While it exists, nodes that are started report their memory on a signal. */
export class MemoryWitness implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "mosaic-soak-"));

  constructor() {
    process.env["MOSAIC_SOAK_FOLDER"] = this.#folder;
    process.env["NODE_OPTIONS"] = `--import ${TELL_MEMORY}`;
  }

  /** Returns their resident memory in megabytes, without a garbage collection, after which the heap would grow again. */
  resident(pids: readonly number[]): readonly number[] {
    return pids.map(residentOf);
  }

  /** `restMs` is the time for them to return memory to the machine. */
  async sample(pids: readonly number[], restMs: number = 0): Promise<readonly MemorySample[]> {
    for (const pid of pids) {
      rmSync(this.#file(pid), { force: true });
      process.kill(pid, "SIGUSR2");
    }
    const end = Date.now() + TIMEOUT_MS;
    while (!pids.every((pid) => existsSync(this.#file(pid))) && Date.now() < end) await sleep(LOOK_MS);
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
      alive: (usage.heap + usage.external) / 1e6,
      resident: residentOf(pid),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  }
}

function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
}
