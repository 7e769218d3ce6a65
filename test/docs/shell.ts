import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../house/tree.ts";
import { needs } from "../needs.ts";

const END = "--- end of block ---";

/** Namespaces of its own, so that ports, devices and namespaces of the page never meet others, and all ends with the shell. */
const ISOLATED: readonly string[] = "unshare --net --mount --pid --fork --kill-child --mount-proc sh -c".split(" ");
const PREPARE = "mount -t tmpfs tmpfs /run && ip link set lo up && exec bash";

/** One bash in a temporary folder that runs the blocks of a page, one after the other, as its reader would. */
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

  /** Runs a block in the shell, so that its variables and jobs remain. Returns what it printed, errors included. */
  async run(block: string): Promise<string> {
    this.#output = "";
    this.save(".block", block);
    this.#child.stdin.write(`. ./.block </dev/null\necho '${END}'\n`);
    const deadline = Date.now() + 50_000;
    while (!this.#output.includes(END)) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`did not end: ${block}${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return this.#output.slice(0, this.#output.indexOf(END));
  }

  /** Ends the shell and all that it started, and removes the folder. */
  async close(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined) spawnSync("kill", ["-KILL", "--", `-${pid}`]);
    await this.#ended;
    rmSync(this.folder, { recursive: true });
  }
}
