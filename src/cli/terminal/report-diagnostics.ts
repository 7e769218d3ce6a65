import type { Compilation } from "../../compile.ts";
import { LineMap } from "../../program/line-map.ts";
import type { LogFields, LogLevel } from "./log.ts";
import type { LoggedOutput } from "./output.ts";
import { showDiagnostics } from "./show-diagnostics.ts";

/** Prints the diagnostics of the program that is about to run: as text with source excerpts, or one JSON line each in the JSON log. */
export function reportDiagnostics(compilation: Compilation, output: LoggedOutput): void {
  const { diagnostics, sources } = compilation;
  if (diagnostics.length === 0) return;
  if (output.log.format === "json") logDiagnostics(compilation, output);
  else output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
}

function logDiagnostics({ diagnostics, sources }: Compilation, output: LoggedOutput): void {
  const lines = new LineMap(sources);
  for (const { code, severity, span, message, help } of diagnostics) {
    const position: LogFields = span === undefined ? {} : { ...lines.position(span) };
    const level: LogLevel = severity === "error" ? "error" : "warn";
    output.log.write(level, message, { code, ...position, ...(help !== undefined && { help }) });
  }
}
