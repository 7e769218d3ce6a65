import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMPARE = fileURLToPath(new URL("../../bench/compare/compare.ts", import.meta.url));

/** Runs `npm run bench:compare` with these arguments. */
export function compare(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMPARE, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}
