import { errnoName } from "../../../native/errno.ts";
import { loadNative } from "../../../native/index.ts";
import type { Log } from "../terminal/log.ts";

/**
 * Takes from the process, for good, the system calls that a running node does not need. To be called when everything is open. The log says
 * so if it cannot be done here.
 */
export function confineProcess(log: Pick<Log, "info">): void {
  const native = loadNative();
  const reason = "missing" in native ? native.missing : refusal(native.confine());
  if (reason !== undefined) log.info(`the process is not confined: ${reason}`);
}

function refusal(errno: number): string | undefined {
  return errno === 0 ? undefined : `the kernel refuses the filter of system calls (${errnoName(errno)})`;
}
