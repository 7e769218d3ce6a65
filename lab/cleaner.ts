import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/** Ends every process in the namespaces whose names begin with the first argument, and removes them. */
const REMOVE = `
for file in /run/netns/"$1"*; do
  [ -e "$file" ] || continue
  name=\${file##*/}
  for pid in $(ip netns pids "$name"); do kill -9 "$pid"; done
  ip netns del "$name"
done`;

/** Does so when nobody holds the other end of its input any more. */
const GUARD = `cat >/dev/null\n${REMOVE}`;

const IGNORE_ERRORS = "ignore";

/**
 * Removes the namespaces of one lab: when it is told to, when the process exits, and, by a process of its own that waits
 * for this one to be gone, when it is killed on the spot. It stands guard from before the first namespace is made.
 */
export class Cleaner {
  readonly #prefix: string;
  readonly #guard: ChildProcess;
  readonly #onExit = (): void => this.#remove();
  #isDone = false;

  constructor(prefix: string) {
    this.#prefix = prefix;
    // Detached, so that an interrupt from the terminal, which ends the others, leaves it alive.
    this.#guard = spawn("sh", ["-c", GUARD, "sh", prefix], { stdio: ["pipe", "ignore", "ignore"], detached: true });
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
    spawnSync("sh", ["-c", REMOVE, "sh", this.#prefix], { stdio: IGNORE_ERRORS });
  }
}
