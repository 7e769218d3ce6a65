import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { controlPath } from "../../../runtime/control/control-socket.ts";

/** Folders in which control sockets of this user may be: nodes in a login session and nodes without a session use different folders. */
export function controlFolders(): readonly string[] {
  const user = process.getuid?.() ?? 0;
  return [...new Set([dirname(controlPath("any")), "/run/mosaic", join(tmpdir(), `mosaic-${user}`)])];
}

/** Returns the control sockets in a folder. Empty if the folder cannot be read. */
export function socketsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Returns the inode number of the socket at a path. Undefined if the path is missing or no socket. */
export function socketInode(path: string): number | undefined {
  const file = lstatSync(path, { throwIfNoEntry: false });
  return file?.isSocket() ? file.ino : undefined;
}

/** Removes the socket of a dead process, unless a new process has replaced it, or the file belongs to another user. */
export function removeDeadSocket(path: string, inode: number | undefined): void {
  if (inode === undefined || socketInode(path) !== inode) return;
  try {
    unlinkSync(path);
  } catch {
    // The next listing tries again.
  }
}
