import { readFileSync } from "node:fs";

/** Whether the processor has instructions for AES. False if the kernel does not tell. */
export function hasAesInstructions(): boolean {
  try {
    return /^(?:flags|Features)\s*:.*\baes\b/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}
