import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { removeLabFolder } from "./lab-folder.ts";

/** Ends every process in the namespaces whose names begin with the first argument, and removes them. */
const REMOVE = `
for file in /run/netns/"$1"*; do
  [ -e "$file" ] || continue
  name=\${file##*/}
  for pid in $(ip netns pids "$name"); do kill -9 "$pid"; done
  ip netns del "$name"
done`;

/** Does so when nobody holds the other end of its input any more; the second argument is the lab's folder. */
const GUARD = `cat >/dev/null\n${REMOVE}\nrm -rf -- "$2"\nrmdir -- "\${2%/*}"`;

const IGNORE_ERRORS = "ignore";

/** Ends every process in the namespaces whose names begin so, and removes them. */
export function removeNamespaces(prefix: string): void {
  spawnSync("sh", ["-c", REMOVE, "sh", prefix], { stdio: IGNORE_ERRORS });
}

/**
 * Removes the namespaces of one lab and its folder: when it is told to, when the process exits, and, by a process of its
 * own that waits for this one to be gone, when it is killed on the spot. It stands guard from before the first namespace is
 * made.
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
    // Detached, so that an interrupt from the terminal, which ends the others, leaves it alive.
    const args = ["-c", GUARD, "sh", prefix, folder];
    this.#guard = spawn("sh", args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    this.#guard.on("error", () => {});
    this.#guard.stdin?.on("error", () => {});
    this.#guard.unref();
    process.on("exit", this.#onExit);
  }

  /** Ends all processes of the namespaces and removes these; may be called again. */
  clean(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#remove();
    process.off("exit", this.#onExit);
    this.#dismissGuard();
  }

  /** By force: it must not take the end of its input for that of this process, and remove what a later lab makes. */
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
