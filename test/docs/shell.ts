import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../house/tree.ts";
import { needs } from "../needs.ts";

const END = "--- end of block ---";
const BLOCK_TIMEOUT_MS = 50_000;

/** Command that gives the shell namespaces of its own: ports and devices cannot clash, and all processes end with the shell. */
const ISOLATED: readonly string[] = "unshare --net --mount --pid --fork --kill-child --mount-proc sh -c".split(" ");
const PREPARE = "mount -t tmpfs tmpfs /run && ip link set lo up && exec bash";

/** A bash in a temporary folder that runs the blocks of a page one after the other. As root it is isolated from the machine. */
export class Shell {
  readonly folder: string = mkdtempSync(join(tmpdir(), "mosaic-docs-"));
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #output = "";

  constructor() {
    const isIsolated = needs("root", "network namespaces", "ip", "unshare") === undefined;
    const [command = "bash", ...args] = isIsolated ? [...ISOLATED, PREPARE] : ["bash"];
    this.#child = spawn(command, args, {
      cwd: this.folder,
      env: {
        ...process.env,
        PATH: [ROOT, process.env["PATH"], "/usr/sbin", "/sbin", dirname(process.execPath)].join(delimiter),
        XDG_RUNTIME_DIR: this.folder,
      },
      detached: true,
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.#child.stdin.write("exec 2>&1\n");
  }

  /** Saves a file in the folder. */
  save(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Runs a block; its variables and background jobs remain for later blocks. Returns its output on stdout and stderr. */
  async run(block: string): Promise<string> {
    this.#output = "";
    this.save(".block", block);
    this.#child.stdin.write(`. ./.block </dev/null\necho '${END}'\n`);
    const deadline = Date.now() + BLOCK_TIMEOUT_MS;
    while (!this.#output.includes(END)) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`did not end: ${block}${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.#output.slice(0, this.#output.indexOf(END));
  }

  /** Kills the shell with all its processes, and removes the folder. */
  async close(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined) spawnSync("kill", ["-KILL", "--", `-${pid}`]);
    await this.#ended;
    // A killed process may still write to the folder for a moment.
    rmSync(this.folder, { recursive: true, maxRetries: 10, retryDelay: 50 });
  }
}
