import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Environment variable of every process of a lab: the pid of the lab's process. */
export const LAB_VARIABLE = "MOSAIC_LAB";

/** Environment variable that overrides the folder in which all lab folders are. */
export const FOLDERS_VARIABLE = "MOSAIC_LAB_FOLDERS";

const STARTED = "started";

/**
 * Returns the environment for a process of this lab. If the lab is killed, `mosaic lab --clean` recognises its processes by this
 * environment.
 */
export function labEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, [LAB_VARIABLE]: String(process.pid), NO_COLOR: "1" };
}

/** Returns the folder in which all lab folders of this user are. Only root uses /run, since labs in user namespaces have a private /run. */
export function foldersRoot(): string {
  const named = process.env[FOLDERS_VARIABLE];
  if (named !== undefined) return named;
  const uid = process.geteuid?.() ?? 0;
  return uid === 0 ? "/run/mosaic-lab" : join(tmpdir(), `mosaic-lab-${uid}`);
}

/** Creates the folder of this process's lab, which only this user may enter. It holds control sockets and the start time. */
export function makeLabFolder(): string {
  const root = foldersRoot();
  const folder = join(root, String(process.pid));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = statSync(root);
  if (uid !== process.geteuid?.()) throw new Error(`${root} belongs to another user`);
  writeFileSync(join(folder, STARTED), startOf(process.pid) ?? "");
  return folder;
}

/** Removes the folder of a lab, and its parent if that is empty. */
export function removeLabFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // The parent holds the folder of another lab.
  }
}

/** Whether the process that created a lab still runs. Its start time distinguishes it from a later process with the same pid. */
export function isLabAlive(pid: number, root: string): boolean {
  const start = startOf(pid);
  if (start === undefined) return false;
  try {
    return readFileSync(join(root, String(pid), STARTED), "utf8") === start;
  } catch {
    // Without its folder the start time of the lab is unknown, so a living process with this pid counts as the lab.
    return true;
  }
}

/** Returns the start time of a process in clock ticks since boot. Undefined if there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may contain any character. The start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
