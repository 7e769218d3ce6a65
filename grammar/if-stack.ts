import type { Token } from "./tokens.ts";

interface Frame {
  readonly directive: Token;
  /** True if the text around the `#if` is active. */
  readonly isParentActive: boolean;
  /** True if the current branch is active, so that its text belongs to the program. */
  isActive: boolean;
  /** True if this branch or an earlier one is active. Then no later branch becomes active. */
  hasTakenBranch: boolean;
  hasElse: boolean;
}

/** Stack of the `#if` directives that are open at the current position of one file. */
export class IfStack {
  readonly #frames: Frame[] = [];

  /** True if the text at the current position belongs to the program. */
  get isActive(): boolean {
    return this.#frames.at(-1)?.isActive ?? true;
  }

  /** Enters `#if`, `#ifdef` or `#ifndef`. Calls `holds` only if the surrounding text is active. */
  if(directive: Token, holds: () => boolean): void {
    const isParentActive = this.isActive;
    const isActive = isParentActive && holds();
    this.#frames.push({ directive, isParentActive, isActive, hasTakenBranch: isActive, hasElse: false });
  }

  /** Enters `#elif`. Returns false if no `#if` is open, or if its `#else` has already been read. */
  elif(holds: () => boolean): boolean {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.hasElse) return false;
    frame.isActive = frame.isParentActive && !frame.hasTakenBranch && holds();
    frame.hasTakenBranch ||= frame.isActive;
    return true;
  }

  /** Enters `#else`. Returns false under the same conditions as `elif`. */
  else(): boolean {
    const allowed = this.elif(() => true);
    const frame = this.#frames.at(-1);
    if (allowed && frame !== undefined) frame.hasElse = true;
    return allowed;
  }

  /** Leaves the innermost `#if`. Returns false if none is open. */
  endif(): boolean {
    return this.#frames.pop() !== undefined;
  }

  /** Directives that still lack their `#endif`. */
  get unclosed(): readonly Token[] {
    return this.#frames.map((frame) => frame.directive);
  }
}
