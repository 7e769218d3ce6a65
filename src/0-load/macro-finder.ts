import type { Source, Span } from "../../grammar/span.ts";

/** Returns a function that tells whether the text at a position contains the name of a macro. */
export function macroFinder(macros: ReadonlySet<string>, sources: readonly Source[]): (span: Span) => boolean {
  if (macros.size === 0) return () => false;
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  return ({ file, start, end }) => {
    const words =
      texts
        .get(file)
        ?.slice(start, end)
        .match(/[A-Za-z_]\w*/g) ?? [];
    return words.some((word) => macros.has(word));
  };
}
