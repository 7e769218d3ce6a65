import type { Source, Span } from "../grammar/span.ts";

export interface Position {
  readonly file: string;
  /** Both counted from 1; columns in characters. */
  readonly line: number;
  readonly column: number;
}

/** Turns spans into lines and columns. */
export class LineMap {
  readonly #starts = new Map<string, readonly number[]>();

  constructor(sources: readonly Source[]) {
    for (const source of sources) this.#starts.set(source.file, lineStarts(source.text));
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
