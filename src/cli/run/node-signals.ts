import { closeSync, openSync } from "node:fs";
import { interruptSignal } from "../terminal/interrupt.ts";

/** Reactions of a running node to signals that do not end it. */
export interface SignalHandlers {
  /** SIGHUP: reads the program files again. */
  readonly onReload: () => void;
  /** SIGUSR2: writes a report on the node to the log. */
  readonly onReport: () => void;
}

/**
 * Signals of `mosaic run`. SIGHUP reloads the program, or ends the node if the terminal of the node is gone. SIGUSR2 asks for a report.
 * SIGUSR1 and SIGPIPE have no effect: without a handler Node.js would open its debugger on SIGUSR1; it ignores SIGPIPE itself. All other
 * signals that can be handled end the node.
 */
export class NodeSignals {
  /** Aborted by the first signal that ends the node. */
  readonly ended: AbortSignal;
  readonly #hadTerminal = hasTerminal();
  readonly #hangUp = new AbortController();
  #handlers: SignalHandlers | undefined;
  /** True if SIGHUP arrived before the node ran. */
  #isReloadDue = false;

  constructor() {
    this.ended = AbortSignal.any([interruptSignal("SIGHUP"), this.#hangUp.signal]);
    process.on("SIGHUP", () => this.#hungUp());
    process.on("SIGUSR1", () => undefined);
    process.on("SIGUSR2", () => this.#handlers?.onReport());
  }

  /** Installs the handlers once the node runs. If SIGHUP has arrived earlier, calls `onReload`. */
  handle(handlers: SignalHandlers): void {
    this.#handlers = handlers;
    if (this.#isReloadDue) handlers.onReload();
  }

  #hungUp(): void {
    if (this.ended.aborted) return;
    if (this.#hadTerminal && !hasTerminal()) this.#hangUp.abort();
    else if (this.#handlers === undefined) this.#isReloadDue = true;
    else this.#handlers.onReload();
  }
}

/** Whether the process has a controlling terminal. It has none after the terminal has closed. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
