import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Returns the processor time of all threads of the processes, in seconds. Threads that have ended do not count. */
export function processorSeconds(processes: readonly ChildProcess[]): number {
  const threads = processes.flatMap(({ pid }) => readdirSync(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`));
  // The first number is the processor time in nanoseconds.
  const nanoseconds = threads.map((thread) => Number(readFileSync(`/proc/${thread}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}
