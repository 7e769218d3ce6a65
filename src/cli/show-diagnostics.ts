import { codeFrameColumns } from "@babel/code-frame";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Source, Span } from "../../grammar/span.ts";
import { LineMap } from "../line-map.ts";
import { shownText } from "./shown-text.ts";

/** Diagnostics as people read them: what, where, the source with the span underlined, and what to write instead. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  colour: boolean,
): string {
  const lines = new LineMap(sources);
  const texts = new Map(sources.map((source) => [source.file, source.text]));
  return diagnostics.map((diagnostic) => showDiagnostic(diagnostic, lines, texts, colour)).join("\n");
}

function showDiagnostic(
  diagnostic: Diagnostic,
  lines: LineMap,
  texts: ReadonlyMap<string, string>,
  colour: boolean,
): string {
  const { code, severity, span, message, help, related } = diagnostic;
  const parts = [`${span === undefined ? "" : `${place(span, lines)}: `}${severity}[${code}]: ${message}`];
  if (span !== undefined) parts.push(frame(span, lines, texts, colour));
  for (const one of related)
    parts.push(`${place(one.span, lines)}: ${one.message}`, frame(one.span, lines, texts, colour));
  if (help !== undefined) parts.push(`  help: ${help}`);
  return `${parts.filter((part) => part !== "").join("\n")}\n`;
}

function place(span: Span, lines: LineMap): string {
  const { file, line, column } = lines.position(span);
  return `${file}:${line}:${column}`;
}

function frame(span: Span, lines: LineMap, texts: ReadonlyMap<string, string>, colour: boolean): string {
  const text = texts.get(span.file);
  if (text === undefined || text === "") return "";
  const start = lines.position(span);
  const last = lines.position({ ...span, start: Math.max(span.start, span.end - 1) });
  const shown = shownText(text, {
    start: { line: start.line, column: start.column - 1 },
    end: { line: last.line, column: last.column },
  });
  const options = { linesAbove: 1, linesBelow: 1, highlightCode: false, forceColor: colour };
  return codeFrameColumns(shown.text, shown.place, options);
}
