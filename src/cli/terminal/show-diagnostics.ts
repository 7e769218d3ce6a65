import { codeFrameColumns } from "@babel/code-frame";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Source, Span } from "../../../grammar/span.ts";
import { printable } from "../../../runtime/plan/values/printable.ts";
import { LineMap } from "../../program/line-map.ts";
import { sourceExcerpt } from "./source-excerpt.ts";

/** Returns the diagnostics as text: position, message, the source with the span underlined, and the help line. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  colour: boolean,
): string {
  const lines = new LineMap(sources);
  return diagnostics.map((diagnostic) => showDiagnostic(diagnostic, lines, colour)).join("\n");
}

function showDiagnostic(diagnostic: Diagnostic, lines: LineMap, colour: boolean): string {
  const { code, severity, span, message, help, related } = diagnostic;
  const parts = [`${span === undefined ? "" : `${positionText(span, lines)}: `}${severity}[${code}]: ${message}`];
  if (span !== undefined) parts.push(frame(span, lines, colour));
  for (const one of related)
    parts.push(`${positionText(one.span, lines)}: ${one.message}`, frame(one.span, lines, colour));
  if (help !== undefined) parts.push(`  help: ${help}`);
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function positionText(span: Span, lines: LineMap): string {
  const { file, line, column } = lines.position(span);
  return `${printable(file)}:${line}:${column}`;
}

function frame(span: Span, lines: LineMap, colour: boolean): string {
  const start = lines.position(span);
  const last = lines.position({ ...span, start: Math.max(span.start, span.end - 1) });
  const { text, firstLine, range } = sourceExcerpt((line) => lines.line(span.file, line), {
    start: { line: start.line, column: start.column - 1 },
    end: { line: last.line, column: last.column },
  });
  if (text === "") return "";
  const options = { linesAbove: 1, linesBelow: 1, highlightCode: false, forceColor: colour, startLine: firstLine };
  return codeFrameColumns(text, range, options);
}
