import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import { labEnvironment } from "./lab-folder.ts";
import { eachLine } from "../outcome/lines.ts";

/** Receiver of a node's output. */
export interface HostNodeListener {
  onWatch(line: WatchLine): void;
  onLine(text: string): void;
  /** Called if the node exits although nobody stopped it. `how` is its exit code or signal, with its last lines. */
  onExit(how: string): void;
}

const READY = /^mosaic: running /;
const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 2_000;
const LAST_LINES = 20;

/** Process of `mosaic run` on a host of the lab. */
export class HostNode {
  /** Settles with undefined when the node runs, or with a message if it exits before or takes too long. */
  readonly ready: Promise<string | undefined>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<void>;
  readonly #lastLines: string[] = [];
  #isStopping = false;
  #hasEnded = false;

  constructor([command = "", ...args]: readonly string[], listener: HostNodeListener) {
    const env = labEnvironment();
    // Detached: an interrupt from the terminal goes to the lab, which stops its nodes in order.
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(this.#addLastLine(error.message)));
      this.#child.once("close", () => resolve());
    });
    this.ready = this.#becomeReady();
    eachLine(this.#child.stdout, (line) => this.#onStdoutLine(line, listener));
    eachLine(this.#child.stderr, (line) => {
      this.#addLastLine(line);
      listener.onLine(line);
    });
    void this.#ended.then(() => {
      this.#hasEnded = true;
      if (!this.#isStopping) listener.onExit(this.#exitReport());
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Stops the node with SIGTERM, and with SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    const timeout = setTimeout(() => this.#signal("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timeout);
  }

  /** Kills the node with SIGKILL. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    this.#child.kill(signal);
  }

  async #becomeReady(): Promise<string | undefined> {
    const timeout = new AbortController();
    const isReady = new Promise<undefined>((resolve) => {
      eachLine(this.#child.stderr, (line) => READY.test(line) && resolve(undefined));
    });
    const isLate = new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(`not ready after ${READY_TIMEOUT_MS / 1e3} s`), READY_TIMEOUT_MS);
      timeout.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    const outcome = await Promise.race([isReady, isLate, this.#ended.then(() => this.#exitReport())]);
    timeout.abort();
    return outcome;
  }

  #onStdoutLine(line: string, listener: HostNodeListener): void {
    const watchLine = readWatchLine(line);
    if (watchLine === undefined) listener.onLine(line);
    else listener.onWatch(watchLine);
  }

  #addLastLine(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
  }

  #exitReport(): string {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode === null ? `exit code ${exitCode ?? "unknown"}` : signalCode;
    return [how, ...this.#lastLines].join("\n");
  }
}

function readWatchLine(line: string): WatchLine | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    const isWatch = typeof parsed === "object" && parsed !== null && "op" in parsed && "tuple" in parsed;
    return isWatch && Array.isArray(parsed.tuple) ? (parsed as WatchLine) : undefined;
  } catch {
    return undefined;
  }
}
