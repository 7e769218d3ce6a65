import { existsSync } from "node:fs";
import type { User } from "../options/user.ts";
import { runFailed } from "../terminal/failure.ts";

/** Changes the process to the user for good, with the groups of the user and without capabilities. Open devices and sockets stay open. */
export function becomeUser(user: User): void {
  if (process.geteuid?.() !== 0) throw runFailed("--user: only root can become another user");
  try {
    process.setgroups?.(user.groups);
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } catch (error: unknown) {
    throw runFailed(`--user: ${error instanceof Error ? error.message : "refused"}`);
  }
  if (user.uid !== 0 && canBecomeRoot()) throw new Error("the process could become root again after it gave up root");
  updateRuntimeFolder(user.uid);
}

function canBecomeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

/** Sets the folder for control sockets to the folder of the new user, in which the commands of that user look for sockets. */
function updateRuntimeFolder(uid: number): void {
  const folder = `/run/user/${uid}`;
  if (existsSync(folder)) process.env["XDG_RUNTIME_DIR"] = folder;
  else delete process.env["XDG_RUNTIME_DIR"];
}
