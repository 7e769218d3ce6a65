import { setImmediate as nextTurn } from "node:timers/promises";
import type { ServiceManager } from "../../../runtime/device/service-manager.ts";
import { replaceProgram } from "../../../runtime/control/replace-program.ts";
import type { LoggedOutput } from "../terminal/output.ts";
import { swapLines } from "../terminal/swap-lines.ts";
import type { HostedNode } from "./hosted-node.ts";
import type { ReadPrograms } from "./node-compiler.ts";

/**
 * Reads the program files of all nodes again, as SIGHUP requests. If they do not compile, the log says so, and the previous program
 * continues. Nodes with the same files share the compiled program. `describe` returns the status text for the service manager.
 */
export async function reloadPrograms(
  nodes: readonly HostedNode[],
  describe: (files: readonly string[]) => string,
  manager: ServiceManager | undefined,
  output: LoggedOutput,
): Promise<void> {
  manager?.reloading();
  const read: ReadPrograms = new Map();
  let status = "";
  for (const hosted of nodes) {
    const files = reloadProgram(hosted, read, output);
    status ||= files === undefined ? NOT_RELOADED : describe(files);
    if (hosted !== nodes.at(-1)) await nextTurn();
  }
  manager?.reloaded(status);
}

const NOT_RELOADED = "not reloaded, the previous program continues";

/** Returns the program files that the node runs now; undefined if it still runs the previous program. */
function reloadProgram(
  { node, compiler, log }: HostedNode,
  read: ReadPrograms,
  output: LoggedOutput,
): readonly string[] | undefined {
  if (node.isStopping) return undefined;
  const replaced = replaceProgram(node, { program: (change) => compiler.program(change, read) }, { kind: "reload" });
  if (replaced.ok) {
    log.info(`reloaded: ${swapLines(replaced.swap, replaced.files).join("; ")}`, { files: replaced.files });
    return replaced.files;
  }
  if (replaced.reason === "limit") log.error(`${NOT_RELOADED}: ${replaced.message}`);
  else {
    if (log.format === "text") output.problem(replaced.error.text.trimEnd());
    log.error(`${NOT_RELOADED}: ${replaced.error.message}`, { diagnostics: replaced.error.diagnostics });
  }
  return undefined;
}
