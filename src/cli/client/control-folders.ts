import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { controlPath } from "../../../runtime/control/control-socket.ts";

/** Folders of control sockets of this user. Without a session (for root, or a system service) a socket is in another folder. */
export function controlFolders(): readonly string[] {
  const user = process.getuid?.() ?? 0;
  return [...new Set([dirname(controlPath("any")), "/run/mosaic", join(tmpdir(), `mosaic-${user}`)])];
}
