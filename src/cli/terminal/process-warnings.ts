import type { LoggedOutput } from "./output.ts";

/** Logs each warning of Node.js (event `warning`) as one line in the format of the log, in place of the lines that Node.js prints. */
export function logProcessWarnings(output: Pick<LoggedOutput, "log">, emitter: NodeJS.EventEmitter = process): void {
  // Node.js prints warnings in a listener of its own. It installs no listener if the user has turned warnings off.
  if (emitter === process && emitter.listenerCount("warning") === 0) return;
  emitter.removeAllListeners("warning");
  emitter.on("warning", (warning: Error & { readonly code?: string; readonly detail?: string }) => {
    const { name, message, code, detail } = warning;
    const text = detail === undefined ? message : `${message} ${detail}`;
    output.log.warn(`Node.js: ${name}: ${text.replace(/\s+/g, " ")}`, {
      warning: name,
      ...(code !== undefined && { code }),
    });
  });
}
