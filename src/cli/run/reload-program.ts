import type { ServiceManager } from "../../../runtime/device/service-manager.ts";
import type { Compiler } from "../../../runtime/control/compiler.ts";
import { replaceProgram } from "../../../runtime/control/replace-program.ts";
import type { Node } from "../../../runtime/node/node.ts";
import type { LoggedOutput } from "../terminal/output.ts";
import { swapLines } from "../terminal/swap-lines.ts";

/** Reads the program files of a node again, as SIGHUP requests. If they do not compile, it logs so, and the previous program continues. */
export function reloadProgram(
  node: Node,
  compiler: Compiler,
  manager: ServiceManager | undefined,
  output: LoggedOutput,
): void {
  const { log } = output;
  manager?.reloading();
  const replaced = replaceProgram(node, compiler, { kind: "reload" });
  if (replaced.ok) {
    log.info(`reloaded: ${swapLines(replaced.swap, replaced.files).join("; ")}`, { files: replaced.files });
    return manager?.reloaded(`running ${replaced.files.join(" ")} as ${node.name}`);
  }
  const failed = "not reloaded, the previous program continues";
  if (replaced.reason === "limit") log.error(`${failed}: ${replaced.message}`);
  else {
    if (log.format === "text") output.problem(replaced.error.text.trimEnd());
    log.error(`${failed}: ${replaced.error.message}`, { diagnostics: replaced.error.diagnostics });
  }
  manager?.reloaded(failed);
}
