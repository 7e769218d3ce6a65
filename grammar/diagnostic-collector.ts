import type { Diagnostic } from "./diagnostic.ts";
import { report } from "./report.ts";

/** More than a reader wants, and fewer than a hostile text can cause. */
const MAX_ERRORS = 100;
const MAX_WARNINGS = 1000;

/** The diagnostics of one reading of a program, up to a number at which reading on is of no use. */
export class DiagnosticCollector {
  readonly #diagnostics: Diagnostic[] = [];
  #errors = 0;
  #warnings = 0;

  /** So much is wrong that nothing more is recorded. */
  get isFull(): boolean {
    return this.#errors > MAX_ERRORS;
  }

  add(diagnostic: Diagnostic): void {
    if (this.isFull || (diagnostic.severity === "warning" && this.#warnings === MAX_WARNINGS)) return;
    if (diagnostic.severity === "error") this.#errors += 1;
    else this.#warnings += 1;
    this.#diagnostics.push(this.isFull ? report("E0190", diagnostic.span, { count: MAX_ERRORS }) : diagnostic);
  }

  /** In the order of the files named, and of their texts. */
  sorted(files: readonly string[]): readonly Diagnostic[] {
    const order = new Map(files.map((file, index) => [file, index]));
    const fileOf = (diagnostic: Diagnostic): number => order.get(diagnostic.span?.file ?? "") ?? -1;
    const startOf = (diagnostic: Diagnostic): number => diagnostic.span?.start ?? -1;
    return this.#diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || startOf(a) - startOf(b));
  }
}
