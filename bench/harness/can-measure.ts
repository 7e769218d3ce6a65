import { spawnSync } from "node:child_process";

/** Whether the commands are installed and the user is root. If not, prints the missing ones, and the bench exits with 1. */
export function canMeasure(bench: string, commands: readonly string[]): boolean {
  const missing = commands.filter((command) => !isInstalled(command));
  if (process.geteuid?.() !== 0) missing.push("root");
  if (missing.length === 0) return true;
  console.error(`${bench}: not measured; needs ${missing.join(", ")}`);
  process.exitCode = 1;
  return false;
}

/** Whether the shell finds the command. */
export function isInstalled(command: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
