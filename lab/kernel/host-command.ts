import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { labEnvironment } from "./lab-folder.ts";
import type { CommandEnd } from "../outcome/command-end.ts";
import { eachLine } from "../outcome/lines.ts";
import type { Namespaces } from "./namespaces.ts";

/**
 * A shell command on a host of the lab. It finds `mosaic` in its PATH, the control sockets of the hosts as $LAB/HOST.sock,
 * and that of its own as $NODE.
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

  /** Ends it with all that it has started. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}
