import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The environment variable by which a process of a lab tells whose it is. */
export const LAB_VARIABLE = "MOSAIC_LAB";

/** The environment variable that says where labs keep their folders, when that is not the usual place. */
export const FOLDERS_VARIABLE = "MOSAIC_LAB_FOLDERS";

const STARTED = "started";

/** The environment of a process that a lab of this process starts: should all else fail, it can be found by it. */
export function labEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, [LAB_VARIABLE]: String(process.pid), NO_COLOR: "1" };
}

/** Where the labs of this user keep a folder each while they run. Not /run for others than root: their labs have a /run of their own. */
export function foldersRoot(): string {
  const named = process.env[FOLDERS_VARIABLE];
  if (named !== undefined) return named;
  const uid = process.geteuid?.() ?? 0;
  return uid === 0 ? "/run/mosaic-lab" : join(tmpdir(), `mosaic-lab-${uid}`);
}

/** Makes the folder of a lab of this process, which only this user may enter: control sockets, and what tells that it lives. */
export function makeLabFolder(): string {
  const root = foldersRoot();
  const folder = join(root, String(process.pid));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = statSync(root);
  if (uid !== process.geteuid?.()) throw new Error(`${root} belongs to somebody else`);
  writeFileSync(join(folder, STARTED), startOf(process.pid) ?? "");
  return folder;
}

/** Removes the folder of a lab, and the one around it unless there are others. */
export function removeLabFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // Another lab has its folder there.
  }
}

/** Whether the process that made a lab is still the one that has its number. */
export function isLabAlive(pid: number, root: string): boolean {
  const start = startOf(pid);
  if (start === undefined) return false;
  try {
    return readFileSync(join(root, String(pid), STARTED), "utf8") === start;
  } catch {
    // Without a folder there is only the number to go by.
    return true;
  }
}

/** When a process started, in the kernel's own counting; undefined when there is none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; the start is the 20th field behind it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
