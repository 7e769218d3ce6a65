import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { parse, type ParseResult } from "../../grammar/parse.ts";
import type { Dialect } from "../../grammar/span.ts";

export interface ReadOptions {
  readonly dialect?: Dialect;
  readonly defines?: Readonly<Record<string, string>>;
  /** Files that `#include` finds. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Parses a text under the file name "text". */
export function read(text: string, { dialect = "mozlog", defines = {}, files = {} }: ReadOptions = {}): ParseResult {
  const load = (path: string): ParseResult["sources"][number] | undefined => {
    const found = Object.hasOwn(files, path) ? files[path] : undefined;
    return found === undefined ? undefined : { file: path, text: found, dialect };
  };
  return parse({ file: "text", text, dialect }, { defines: new Map(Object.entries(defines)), load });
}

/** Formats a diagnostic as `E0140 1:5-6 message`, with the help on the next line. The end column is exclusive. */
function formatDiagnostic(diagnostic: Diagnostic, { sources }: ParseResult): string {
  const { code, span, message, help } = diagnostic;
  const text = sources.find(({ file }) => file === span?.file)?.text ?? "";
  const position = span === undefined ? "nowhere" : `${fileOf(span.file)}${positionOf(text, span.start, span.end)}`;
  return `${code} ${position} ${message}${help === undefined ? "" : `\n  ${help}`}`;
}

export function formatDiagnostics(result: ParseResult): string {
  return result.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, result)).join("\n");
}

function fileOf(file: string): string {
  return file === "text" ? "" : `${file}:`;
}

function positionOf(text: string, start: number, end: number): string {
  const before = text.slice(0, start).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `${before.length}:${column}-${column + end - start}`;
}

/** Returns a tree without spans, for comparison. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "span")
      .map(([key, inner]) => [key, withoutSpans(inner)]),
  );
}
