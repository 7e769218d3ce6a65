import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { removeLabFolder } from "./lab-folder.ts";

/** Shell script: kills all processes in the namespaces whose names begin with `$1`, and removes these namespaces. */
const REMOVE = `
for file in /run/netns/"$1"*; do
  [ -e "$file" ] || continue
  name=\${file##*/}
  for pid in $(ip netns pids "$name"); do kill -9 "$pid"; done
  ip netns del "$name"
done`;

/** Shell script: waits until its standard input is closed, then removes the namespaces of `$1` and the folder `$2`. */
const GUARD = `cat >/dev/null\n${REMOVE}\nrm -rf -- "$2"\nrmdir -- "\${2%/*}"`;

const IGNORE_ERRORS = "ignore";

/** Kills all processes in the namespaces whose names begin with `prefix`, and removes these namespaces. */
export function removeNamespaces(prefix: string): void {
  spawnSync("sh", ["-c", REMOVE, "sh", prefix], { stdio: IGNORE_ERRORS });
}

/**
 * Removes the namespaces and the folder of one lab: on request, on exit of this process, and after a SIGKILL of this process. After a
 * SIGKILL a guard process removes them: it waits for the end of this process. The cleaner must be created before the first namespace.
 */
export class Cleaner {
  readonly #prefix: string;
  readonly #folder: string;
  readonly #guard: ChildProcess;
  readonly #onExit = (): void => this.#remove();
  #isDone = false;

  constructor(prefix: string, folder: string) {
    this.#prefix = prefix;
    this.#folder = folder;
    // Detached, so that an interrupt from the terminal does not reach the guard.
    const args = ["-c", GUARD, "sh", prefix, folder];
    this.#guard = spawn("sh", args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#guard.on("error", () => {});
    this.#guard.stdin?.on("error", () => {});
    this.#guard.unref();
    process.on("exit", this.#onExit);
  }

  /** Kills the processes of the namespaces, removes them and the folder, and stops the guard. Idempotent. */
  clean(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#remove();
    process.off("exit", this.#onExit);
    this.#dismissGuard();
  }

  /** Kills the guard. It would otherwise remove the namespaces of a later lab when its input ends. */
  #dismissGuard(): void {
    const { pid } = this.#guard;
    if (pid === undefined || this.#guard.exitCode !== null || this.#guard.signalCode !== null) return;
    process.kill(-pid, "SIGKILL");
  }

  #remove(): void {
    removeNamespaces(this.#prefix);
    removeLabFolder(this.#folder);
  }
}
