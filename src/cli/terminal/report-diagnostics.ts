import type { Compilation } from "../../compile.ts";
import { jsonDiagnostics } from "./json-diagnostics.ts";
import type { LogLevel } from "./log.ts";
import type { LoggedOutput } from "./output.ts";
import { showDiagnostics } from "./show-diagnostics.ts";

/** Prints the diagnostics of the program before it runs: as text with source excerpts, or in the JSON log as one line for each. */
export function reportDiagnostics(compilation: Compilation, output: LoggedOutput): void {
  const { diagnostics, sources } = compilation;
  if (diagnostics.length === 0) return;
  if (output.log.format === "json") logDiagnostics(compilation, output);
  else output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
}

function logDiagnostics({ diagnostics, sources }: Compilation, output: LoggedOutput): void {
  for (const { message, ...fields } of jsonDiagnostics(diagnostics, sources)) {
    const level: LogLevel = fields.severity === "error" ? "error" : "warn";
    output.log.write(level, message, fields);
  }
}
