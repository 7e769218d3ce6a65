import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Source, Span } from "../../../grammar/span.ts";
import type { JsonDiagnostic, JsonRange } from "../../../runtime/observe/json-diagnostic.ts";
import { LineMap } from "../../program/line-map.ts";

/** Returns diagnostics as data for JSON outputs (docs/json.md, "Diagnostics"). */
export function jsonDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
): readonly JsonDiagnostic[] {
  const lines = new LineMap(sources);
  return diagnostics.map(({ code, severity, message, help, span, related }) => ({
    code,
    severity,
    message,
    ...(help !== undefined && { help }),
    ...(span !== undefined && placeOf(span, lines)),
    related: related.map((one) => ({ message: one.message, ...placeOf(one.span, lines) })),
  }));
}

function placeOf(span: Span, lines: LineMap): { readonly file: string; readonly range: JsonRange } {
  const start = lines.position(span);
  const end = lines.position({ ...span, start: span.end });
  return {
    file: span.file,
    range: { start: { line: start.line, column: start.column }, end: { line: end.line, column: end.column } },
  };
}
