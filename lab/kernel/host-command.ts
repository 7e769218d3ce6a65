import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { labEnvironment } from "./lab-folder.ts";
import type { CommandEnd } from "../outcome/command-end.ts";
import { eachLine } from "../outcome/lines.ts";
import type { Namespaces } from "./namespaces.ts";

/**
 * Shell command on a host of the lab. Its PATH contains `mosaic`. $LAB/HOST.sock is the control socket of the host HOST, and $NODE is the
 * control socket of the host on which the command runs.
 */
export class HostCommand {
  readonly ended: Promise<CommandEnd>;
  readonly #child: ChildProcess;

  constructor(namespaces: Namespaces, host: string, run: string, mosaic: string, onLine: (line: string) => void) {
    const [command = "", ...args] = namespaces.on(host, ["sh", "-c", run]);
    const env = {
      ...labEnvironment(),
      PATH: `${dirname(mosaic)}${delimiter}${process.env["PATH"] ?? "/usr/bin:/bin"}`,
      LAB: namespaces.folder,
      NODE: namespaces.socketOf(host),
    };
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
    let lastLine = "";
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      eachLine(stream, (line) => {
        lastLine = line;
        onLine(line);
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve({ code: undefined, lastLine: error.message }));
      this.#child.once("close", (code) => resolve({ code: code ?? undefined, lastLine }));
    });
  }

  /** Kills the command and all processes of its process group. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The command has exited already.
    }
  }
}
