import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { foldersRoot, isLabAlive } from "./lab-folder.ts";

const NAMESPACES = "/run/netns";
const HOSTS_FILE = "hosts";

/** A host of a lab that runs on this machine. */
export interface RunningHost {
  readonly name: string;
  /** Name of the host. Differs from `name` if `name` is one of several nodes of the host. */
  readonly machine: string;
  /** Pid of the process of the lab. */
  readonly lab: number;
  /** Folder of the lab, with the control sockets. */
  readonly folder: string;
}

/** Returns all hosts of the labs of this user that run now, the latest lab last. */
export function runningHosts(): readonly RunningHost[] {
  const root = foldersRoot();
  const labs = list(root).flatMap((name) =>
    /^\d+$/.test(name) && isLabAlive(Number(name), root) ? [Number(name)] : [],
  );
  return labs.flatMap((lab) => {
    const folder = join(root, String(lab));
    return hostsIn(folder).map(([name = "", machine = name]) => ({ name, machine, lab, folder }));
  });
}

/** Returns the path of the file that lists the hosts and nodes of a lab. Each line has the name of a host or node, and its host. */
export function hostsFile(folder: string): string {
  return join(folder, HOSTS_FILE);
}

function hostsIn(folder: string): readonly (readonly string[])[] {
  try {
    const lines = readFileSync(hostsFile(folder), "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => line.split(" "));
  } catch {
    return [];
  }
}

/**
 * Runs a command in the network namespace of a host, with the terminal of this process. The PATH of the command contains `mosaic`,
 * `$LAB/HOST.sock` is the control socket of a host, and `$NODE` the socket of this host. Resolves with the exit code, or with the signal
 * that ended it.
 */
export function enterHost(
  { name, machine, lab, folder }: RunningHost,
  command: readonly string[],
  mosaic: string,
): Promise<number | NodeJS.Signals> {
  const [program = "", ...args] = [...entry(machine, lab), ...command];
  const env = {
    ...process.env,
    PATH: `${dirname(mosaic)}${delimiter}${process.env["PATH"] ?? "/usr/bin:/bin"}`,
    LAB: folder,
    NODE: join(folder, `${name}.sock`),
  };
  const child = spawn(program, args, { stdio: "inherit", env });
  // The terminal sends its signals to the command, too; the command decides whether it ends.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => void child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? signal ?? 1));
  });
}

/**
 * Returns the words that precede a command to run it in the namespace of a host. If the lab is in a user namespace, the names of its
 * network namespaces are visible only there.
 */
function entry(host: string, lab: number): readonly string[] {
  const namespace = `mz${lab}-${host}`;
  const inNamespace = ["ip", "netns", "exec", namespace];
  if (existsSync(join(NAMESPACES, namespace))) return inNamespace;
  return ["nsenter", "--target", String(lab), "--user", "--mount", "--preserve-credentials", ...inNamespace];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
