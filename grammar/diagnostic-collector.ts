import type { Diagnostic } from "./diagnostic.ts";
import { report } from "./report.ts";

/** Bounds on diagnostics, for hostile texts. Nobody reads as many. */
const MAX_ERRORS = 100;
const MAX_WARNINGS = 1000;

/** Diagnostics of one parse. Collection ends with E0190 after `MAX_ERRORS` errors, and callers then stop parsing. */
export class DiagnosticCollector {
  readonly #diagnostics: Diagnostic[] = [];
  #errors = 0;
  #warnings = 0;

  /** True when the limit of errors is exceeded and further diagnostics are ignored. */
  get isFull(): boolean {
    return this.#errors > MAX_ERRORS;
  }

  add(diagnostic: Diagnostic): void {
    if (this.isFull || (diagnostic.severity === "warning" && this.#warnings === MAX_WARNINGS)) return;
    if (diagnostic.severity === "error") this.#errors += 1;
    else this.#warnings += 1;
    this.#diagnostics.push(this.isFull ? report("E0190", diagnostic.span, { count: MAX_ERRORS }) : diagnostic);
  }

  /** Returns the diagnostics sorted by file, in the order of `files`, then by position. */
  sorted(files: readonly string[]): readonly Diagnostic[] {
    const order = new Map(files.map((file, index) => [file, index]));
    const fileOf = (diagnostic: Diagnostic): number => order.get(diagnostic.span?.file ?? "") ?? -1;
    const startOf = (diagnostic: Diagnostic): number => diagnostic.span?.start ?? -1;
    return this.#diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || startOf(a) - startOf(b));
  }
}
