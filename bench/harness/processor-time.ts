import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Seconds of processor that the processes, with all their threads, have had. Threads that have ended are not in it. */
export function processorSeconds(processes: readonly ChildProcess[]): number {
  const threads = processes.flatMap(({ pid }) => readdirSync(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`));
  // The first number is the time on a processor, in nanoseconds.
  const nanoseconds = threads.map((thread) => Number(readFileSync(`/proc/${thread}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}
