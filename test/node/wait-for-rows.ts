import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 10_000;
const EVERY_MS = 2;

/** Reads until there are so many rows, and returns them. Fails after a time limit. */
export async function waitForRows<T>(read: () => readonly T[], count: number): Promise<readonly T[]> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const rows = read();
    if (rows.length >= count) return rows;
    if (performance.now() > end) throw new Error(`${rows.length} rows instead of ${count}`);
    await sleep(EVERY_MS);
  }
}
