import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { removeNamespaces } from "./cleaner.ts";
import { foldersRoot, isLabAlive, LAB_VARIABLE, removeLabFolder } from "./lab-folder.ts";

const NAMESPACES = "/run/netns";

/**
 * Removes the processes, namespaces and folders of all labs whose own process has exited. Returns a description of each item, also of a
 * namespace that could not be removed.
 */
export function removeLeftovers(): readonly string[] {
  const root = foldersRoot();
  const isDead = (pid: number): boolean => !isLabAlive(pid, root);
  return [...killProcesses(isDead), ...removeAllNamespaces(isDead), ...removeFolders(root, isDead)];
}

function killProcesses(isDead: (lab: number) => boolean): readonly string[] {
  return list("/proc")
    .map(Number)
    .flatMap((pid) => {
      const lab = labOf(pid);
      if (lab === undefined || !isDead(lab)) return [];
      return kill(pid) ? [`process ${pid} of lab ${lab}`] : [];
    });
}

/** Returns the lab that a process belongs to, as its environment says. */
function labOf(pid: number): number | undefined {
  if (!Number.isInteger(pid) || pid === process.pid) return undefined;
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const entry = environment.find((one) => one.startsWith(`${LAB_VARIABLE}=`));
    return entry === undefined ? undefined : Number(entry.slice(LAB_VARIABLE.length + 1));
  } catch {
    return undefined;
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

function removeAllNamespaces(isDead: (lab: number) => boolean): readonly string[] {
  const found = list(NAMESPACES).flatMap((name) => {
    const lab = /^mz(\d+)-/.exec(name)?.[1];
    return lab !== undefined && isDead(Number(lab)) ? [{ name, lab }] : [];
  });
  for (const lab of new Set(found.map((one) => one.lab))) removeNamespaces(`mz${lab}-`);
  const left = new Set(list(NAMESPACES));
  return found.map(({ name }) => (left.has(name) ? `NOT removed: namespace ${name}` : `namespace ${name}`));
}

function removeFolders(root: string, isDead: (lab: number) => boolean): readonly string[] {
  return list(root).flatMap((name) => {
    if (!/^\d+$/.test(name) || !isDead(Number(name))) return [];
    const folder = join(root, name);
    removeLabFolder(folder);
    return [`folder ${folder}`];
  });
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
