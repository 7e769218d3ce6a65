import { nearest } from "../program/nearest.ts";

const LOOKS_LIKE_A_MACRO = /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/;

/** Variables that look like undefined macros. Each is reported at its first use only, not in every rule. */
export class UnknownMacros {
  readonly #known: readonly string[];
  readonly #reported = new Set<string>();

  constructor(known: readonly string[]) {
    this.#known = known;
  }

  /** Returns whether the name looks like a macro and was reported before, and marks it as reported. */
  isReported(name: string): boolean {
    if (!LOOKS_LIKE_A_MACRO.test(name)) return false;
    if (this.#reported.has(name)) return true;
    this.#reported.add(name);
    return false;
  }

  /** Returns the macro that is most similar to the name. */
  nearest(name: string): string | undefined {
    return nearest(name, this.#known);
  }
}
