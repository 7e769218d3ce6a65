import { existsSync } from "node:fs";
import type { User } from "../options/user.ts";
import { runFailed } from "../terminal/failure.ts";

/** Becomes the user for good, with the user's groups and without any capability. What is open stays open. */
export function becomeUser(user: User): void {
  if (process.geteuid?.() !== 0) throw runFailed("--user: only root can become another user");
  try {
    process.setgroups?.(user.groups);
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } catch (error: unknown) {
    throw runFailed(`--user: ${error instanceof Error ? error.message : "refused"}`);
  }
  if (user.uid !== 0 && canReturn()) throw new Error("root can be had again after it was given up");
  updateRuntimeFolder(user.uid);
}

function canReturn(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

/** Sockets belong where the user's own commands look for them, not in the folder of the one who started this. */
function updateRuntimeFolder(uid: number): void {
  const folder = `/run/user/${uid}`;
  if (existsSync(folder)) process.env["XDG_RUNTIME_DIR"] = folder;
  else delete process.env["XDG_RUNTIME_DIR"];
}
