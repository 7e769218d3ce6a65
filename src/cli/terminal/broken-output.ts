import type { Writable } from "node:stream";
import { fileErrorReason } from "./file-error.ts";

/** Reactions of a process to failures of its stdout. */
export interface OutputHandlers {
  /** The reading end of the pipe was closed. */
  readonly onReaderGone: () => void;
  /** Writing failed for another reason, so that all further results are lost. Called once. */
  readonly onWriteError: (reason: string) => void;
}

/** Handles write errors on stdout (`results`). Errors on stderr (`messages`) are ignored: a lost message must not end a command. */
export function watchOutput(
  results: Writable,
  messages: Writable,
  { onReaderGone, onWriteError }: OutputHandlers,
): void {
  let isReported = false;
  results.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return onReaderGone();
    if (!isReported) onWriteError(fileErrorReason(error));
    isReported = true;
  });
  messages.on("error", () => undefined);
}
