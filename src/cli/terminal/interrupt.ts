import { constants } from "node:os";

/** Signals that end a command and that a process can handle. SIGABRT is left out, because it must write a core dump. */
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
 * Returns an `AbortSignal` that the first of `ENDING_SIGNALS` aborts. A second one ends the process at once, with the exit code that a
 * shell reports for this signal, such as 130 for SIGINT. The signals in `handledElsewhere` do not end the command.
 */
export function interruptSignal(...handledElsewhere: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    // `process.exit` runs the handlers that remove socket files and namespaces. The default action of a signal would not run them.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort();
  };
  for (const signal of ENDING_SIGNALS) if (!handledElsewhere.includes(signal)) process.on(signal, end);
  return controller.signal;
}
