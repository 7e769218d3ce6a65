import { readdirSync } from "node:fs";
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
