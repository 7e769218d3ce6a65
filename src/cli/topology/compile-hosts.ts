import type { PlanResult, ProgramRequest } from "../../../lab/topology/programs.ts";
import { compileForRun } from "../run/compile-for-run.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";

/** Compiles the programs of hosts as `mosaic run` does. */
export function compileHosts({ programs, defines, facts, hasTun }: ProgramRequest): PlanResult {
  const { plan, diagnostics, sources } = compileForRun({ files: programs, defines, dialect: undefined, facts, hasTun });
  if (plan !== undefined) {
    const words = new Set(sources.flatMap(({ text }) => text.match(/\w+/g) ?? []));
    const unused = [...defines.keys()].filter((name) => !words.has(name));
    return { ok: true, plan, warnings: showDiagnostics(diagnostics, sources, false), unused };
  }
  const errors = diagnostics.filter((one) => one.severity === "error");
  return { ok: false, message: showDiagnostics(errors, sources, false) };
}
