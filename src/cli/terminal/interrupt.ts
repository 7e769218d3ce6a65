import { constants } from "node:os";

/** Signals that end a command and can be handled. SIGKILL cannot be, and SIGABRT writes a core dump. */
const ENDING_SIGNALS: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  "SIGQUIT",
  "SIGHUP",
  "SIGALRM",
  "SIGIO",
  "SIGPWR",
  "SIGSTKFLT",
  "SIGVTALRM",
  "SIGXCPU",
];

/**
 * Returns a signal that the first ending signal of the process aborts. A second one ends the process at once, with the exit code of a
 * shell for it: 130 for SIGINT. `handledElsewhere` does not end the command.
 */
export function interruptSignal(...handledElsewhere: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    // `process.exit` runs the handlers that remove socket files and namespaces; a signal without a handler would not.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort();
  };
  for (const signal of ENDING_SIGNALS) if (!handledElsewhere.includes(signal)) process.on(signal, end);
  return controller.signal;
}
