import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** A process of `mosaic run`, by its command line. */
export interface NodeProcess {
  readonly pid: number;
  /** Path of `--control`; undefined for the default path or none. */
  readonly control: string | undefined;
}

/** Files that a process runs: the bundle, or the sources. */
const ENTRIES: readonly string[] = ["/build/bundle/main.cjs", "/src/cli/main.ts"];

/** Returns the processes of `mosaic run` on this host whose command lines can be read. */
export function nodeProcesses(): readonly NodeProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? []);
}

function processOf(pid: number): NodeProcess | undefined {
  const args = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.split("\0") ?? [];
  const at = args.findIndex((arg) => ENTRIES.some((file) => arg.endsWith(file)));
  if (at < 0 || args[at + 1] !== "run") return undefined;
  return { pid, control: absolute(controlOption(args.slice(at + 2)), pid) };
}

function controlOption(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === "--control" || arg.startsWith("--control="));
  const found = args[at];
  if (found === undefined) return undefined;
  return found === "--control" ? args[at + 1] : found.slice("--control=".length);
}

/** A relative path belongs to the working directory of the process. */
function absolute(path: string | undefined, pid: number): string | undefined {
  if (path === undefined || isAbsolute(path)) return path;
  const folder = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
  return folder && join(folder, path);
}

/** Processes end while they are listed, and some belong to other users. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
