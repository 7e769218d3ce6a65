import { spawn } from "node:child_process";
import { FOLDERS_VARIABLE, foldersRoot } from "./lab-folder.ts";
import { inUserNamespace } from "./backend.ts";

/** Set in the process that runs inside. */
const INSIDE = "MOSAIC_LAB_INSIDE";

/** Whether this process is the one that `enterUserNamespace` started. It then ends when the one outside is gone. */
export function isInUserNamespace(): boolean {
  if (process.env[INSIDE] === undefined) return false;
  process.channel?.unref();
  process.once("disconnect", () => process.exit(1));
  return true;
}

/**
 * Starts the command line of this process once more as root of a user namespace; resolves with its exit code, or with the
 * signal that ended it.
 */
export function enterUserNamespace(): Promise<number | NodeJS.Signals> {
  const [command = "", ...args] = inUserNamespace([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  const env = { ...process.env, [INSIDE]: "1", [FOLDERS_VARIABLE]: foldersRoot() };
  // Detached, so that a signal of the terminal comes to it once: from here.
  const child = spawn(command, args, { stdio: ["inherit", "inherit", "inherit", "ipc"], env, detached: true });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGTERM", forward).on("SIGINT", forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 1));
  });
}
