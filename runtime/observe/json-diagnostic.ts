/** Diagnostic of the compiler as data, in every JSON output that has diagnostics (docs/json.md). */
export interface JsonDiagnostic {
  /** `E0301`, as `mosaic explain --code` explains it. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Suggestion of what to write instead. */
  readonly help?: string;
  /** File and range; omitted if the diagnostic has no position, as for a missing file on the command line. */
  readonly file?: string;
  readonly range?: JsonRange;
  /** Other places that explain the diagnostic. */
  readonly related: readonly JsonRelated[];
}

export interface JsonRelated {
  readonly message: string;
  readonly file: string;
  readonly range: JsonRange;
}

/** Range of characters. `end` is the position after the last character. */
export interface JsonRange {
  readonly start: JsonPosition;
  readonly end: JsonPosition;
}

/** Line and column, counted from 1. Columns count UTF-16 code units. */
export interface JsonPosition {
  readonly line: number;
  readonly column: number;
}
