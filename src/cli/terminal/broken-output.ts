import type { Writable } from "node:stream";

/** What becomes of a process whose output has nowhere to go. */
export interface BrokenOutput {
  /** Nobody reads the results any more. */
  readonly unread: () => void;
  /** Results are lost from now on, and why. Told once. */
  readonly lost: (reason: string) => void;
}

/** Watches over the results of a command; what it says besides may be lost in silence, and never ends it. */
export function watchOutput(results: Writable, remarks: Writable, { unread, lost }: BrokenOutput): void {
  let isTold = false;
  results.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return unread();
    if (!isTold) lost(error.message);
    isTold = true;
  });
  remarks.on("error", () => undefined);
}
