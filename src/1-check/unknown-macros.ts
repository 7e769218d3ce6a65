import { nearest } from "../program/nearest.ts";

const LOOKS_LIKE_A_MACRO = /^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/;

/** Names that look like macros and are none: the slip is said where the first of them stands, not in each rule. */
export class UnknownMacros {
  readonly #known: readonly string[];
  readonly #reported = new Set<string>();

  constructor(known: readonly string[]) {
    this.#known = known;
  }

  /** Whether it was said before; from now on it is. */
  isReported(name: string): boolean {
    if (!LOOKS_LIKE_A_MACRO.test(name)) return false;
    if (this.#reported.has(name)) return true;
    this.#reported.add(name);
    return false;
  }

  /** The macro that is most like the name. */
  nearest(name: string): string | undefined {
    return nearest(name, this.#known);
  }
}
