import type { Source, Span } from "../../grammar/span.ts";

export interface Position {
  readonly file: string;
  /** Line and column are counted from 1; columns in characters. */
  readonly line: number;
  readonly column: number;
}

/** Converts spans into lines and columns. */
export class LineMap {
  readonly #starts = new Map<string, readonly number[]>();
  readonly #texts = new Map<string, string>();

  constructor(sources: readonly Source[]) {
    for (const { file, text } of sources) {
      this.#starts.set(file, lineStarts(text));
      this.#texts.set(file, text);
    }
  }

  /** Returns the text of a line, counted from 1, without its line break; undefined if there is no such line. */
  line(file: string, line: number): string | undefined {
    const starts = this.#starts.get(file) ?? [];
    const start = starts[line - 1];
    if (start === undefined) return undefined;
    const next = starts[line];
    return this.#texts.get(file)?.slice(start, next === undefined ? undefined : next - 1);
  }

  position(span: Span): Position {
    const starts = this.#starts.get(span.file) ?? [0];
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= span.start) low = middle;
      else high = middle - 1;
    }
    return { file: span.file, line: low + 1, column: span.start - (starts[low] as number) + 1 };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
