import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { canonicalHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { OptionSpec } from "../options/command-spec.ts";
import { commandWords } from "./command-words.ts";
import { socketsIn } from "./control-folders.ts";
import { type ProcessSockets, processSockets } from "./process-sockets.ts";

/** A process of `mosaic run`, as its command line and the kernel describe it, without asking the process. */
export interface NodeProcess {
  readonly pid: number;
  /** Program files as they were named. */
  readonly files: readonly string[];
  /** Address of `--listen`, canonical. */
  readonly listen: string;
  /** Addresses of `--addr`, canonical. */
  readonly addresses: readonly string[];
  /** Names of the devices that `--tun` and `--tap` name. */
  readonly devices: readonly string[];
  /** Absolute path of `--control`: a socket, or with `--nodes` a folder of sockets. Undefined without `--control`. */
  readonly control: string | undefined;
  /** Whether it was started with `--no-control`. */
  readonly isUncontrolled: boolean;
  /** Seconds since its start. */
  readonly uptime: number | null;
  /** Undefined if this user may not see the sockets of the process. */
  readonly sockets: ProcessSockets | undefined;
}

/** Ends of the paths of the main file of a `mosaic` process: the bundle, or the sources. */
const ENTRIES: readonly string[] = ["/build/bundle/main.cjs", "/src/cli/main.ts"];
/** `CLK_TCK` of Linux: the unit of times in `/proc/PID/stat`. */
const TICKS_PER_SECOND = 100;

/** Returns the processes of `mosaic run` on this host whose command lines can be read. `options` are those of `mosaic run`. */
export function nodeProcesses(options: readonly OptionSpec[]): readonly NodeProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name), options) ?? []);
}

function processOf(pid: number, specs: readonly OptionSpec[]): NodeProcess | undefined {
  const words =
    attempt(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      ?.split("\0")
      .slice(0, -1) ?? [];
  const at = words.findIndex((word) => ENTRIES.some((file) => word.endsWith(file)));
  if (at < 0 || words[at + 1] !== "run") return undefined;
  const { arguments: files, options } = commandWords(words.slice(at + 2), specs);
  const last = (name: string): string | undefined => options.get(name)?.at(-1) || undefined;
  const control = last("control");
  return {
    pid,
    files,
    listen: canonicalHostPort(last("listen") ?? presetOf("--listen", specs)),
    addresses: (options.get("addr") ?? []).map(canonicalHostPort),
    devices: ["tun", "tap"].flatMap((kind) => options.get(kind) ?? []).filter((name) => name !== ""),
    control: control && absolute(control, pid),
    isUncontrolled: options.has("no-control"),
    uptime: uptimeOf(pid),
    sockets: processSockets(pid),
  };
}

function presetOf(name: string, specs: readonly OptionSpec[]): string {
  return specs.find(({ syntax }) => syntax.startsWith(`${name} `))?.preset ?? "";
}

/** Returns the paths of the control sockets that a process has opened, or will open. */
export function controlPathsOf({ control, sockets }: NodeProcess): readonly string[] {
  const named = control === undefined ? [] : isFolder(control) ? socketsIn(control) : [control];
  return [...new Set([...named, ...(sockets?.unix ?? [])])];
}

/** Makes a path absolute. A relative path is relative to the working directory of the process. */
function absolute(path: string, pid: number): string {
  const folder = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
  return folder === undefined ? path : resolve(folder, path);
}

/** Seconds since the start of the process. */
function uptimeOf(pid: number): number | null {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const now = attempt(() => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]));
  // The name of the process, in brackets, may hold blanks. The start time is field 22.
  const started = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  return now === undefined || Number.isNaN(started) ? null : Math.max(0, now - started / TICKS_PER_SECOND);
}

function isFolder(path: string): boolean {
  return attempt(() => statSync(path).isDirectory()) ?? false;
}

/** Returns undefined if `read` fails: a process may end while it is listed, or belong to another user. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
