import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Source } from "../../grammar/span.ts";
import { nearest } from "../program/nearest.ts";

/** Directive that defines a macro or tests for one. `(?!\s)` prevents backtracking over long runs of blanks. */
const DIRECTIVE = /#\s*(?:define|ifdef|ifndef|undef|if|elif)\s+(?!\s)(?:!?\s*defined\s*(?!\s)\(?\s*)?([A-Za-z_]\w*)/g;

/** Warns of macros of the command line that no source text mentions: probably a typo. */
export function unusedDefines(defines: ReadonlyMap<string, string>, sources: readonly Source[]): readonly Diagnostic[] {
  if (sources.length === 0 || defines.size === 0) return [];
  const words = new Set(sources.flatMap(({ text }) => text.match(/\w+/g) ?? []));
  const known = new Set(sources.flatMap(({ text }) => [...text.matchAll(DIRECTIVE)].map(([, name = ""]) => name)));
  return [...defines.keys()]
    .filter((name) => !words.has(name))
    .map((name) => report("W0203", undefined, { name, nearest: nearest(name, known) }));
}
