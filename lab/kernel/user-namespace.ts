import { spawn } from "node:child_process";
import { FOLDERS_VARIABLE, foldersRoot } from "./lab-folder.ts";
import { inUserNamespace } from "./backend.ts";

/** Environment variable that is set in the process inside the user namespace. */
const INSIDE = "MOSAIC_LAB_INSIDE";

const FORWARDED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"];

/** Whether `enterUserNamespace` started this process. If so, this process exits when the process outside does. */
export function isInUserNamespace(): boolean {
  if (process.env[INSIDE] === undefined) return false;
  process.channel?.unref();
  process.once("disconnect", () => process.exit(1));
  return true;
}

/**
 * Runs the command line of this process again as root of a new user namespace. Resolves with the exit code, or with the signal
 * that killed it.
 */
export function enterUserNamespace(): Promise<number | NodeJS.Signals> {
  const [command = "", ...args] = inUserNamespace([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  const env = { ...process.env, [INSIDE]: "1", [FOLDERS_VARIABLE]: foldersRoot() };
  // Detached, so that a signal from the terminal reaches the child only once, forwarded by this process.
  const child = spawn(command, args, { stdio: ["inherit", "inherit", "inherit", "ipc"], env, detached: true });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 1));
  });
}
