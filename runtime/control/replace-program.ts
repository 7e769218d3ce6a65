import type { Node } from "../node/node.ts";
import type { SwapReport } from "../node/program-swap.ts";
import type { CompileError, Compiler, ProgramChange } from "./compiler.ts";

/** Result of a hot reload. After a failure the previous program continues unchanged. */
export type Replaced =
  | { readonly ok: true; readonly swap: SwapReport; readonly files: readonly string[] }
  | { readonly ok: false; readonly reason: "program"; readonly error: CompileError }
  | { readonly ok: false; readonly reason: "limit"; readonly message: string };

/** Compiles the changed program of a node and swaps it in, for a client or a signal. To be called between two steps. */
export function replaceProgram(node: Node, compiler: Pick<Compiler, "program">, change: ProgramChange): Replaced {
  const compiled = compiler.program(change);
  if (!compiled.ok) return { ok: false, reason: "program", error: compiled.error };
  const next = compiled.result;
  const { program, facts, files } = next;
  const swap = node.replaceProgram(program, facts);
  if (swap === undefined) {
    const message = "a rule exceeded a limit under the new program; the previous program continues";
    return { ok: false, reason: "limit", message };
  }
  next.keep();
  return { ok: true, swap, files };
}
