import type { Writable } from "node:stream";

/** What becomes of a process whose output has nowhere to go. */
export interface OutputHandlers {
  /** Nobody reads the results any more. */
  readonly onReaderGone: () => void;
  /** Results are lost from now on, and why. Told once. */
  readonly onWriteError: (reason: string) => void;
}

/** Watches over the results of a command; what it says besides may be lost in silence, and never ends it. */
export function watchOutput(
  results: Writable,
  messages: Writable,
  { onReaderGone, onWriteError }: OutputHandlers,
): void {
  let isReported = false;
  results.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return onReaderGone();
    if (!isReported) onWriteError(error.message);
    isReported = true;
  });
  messages.on("error", () => undefined);
}
