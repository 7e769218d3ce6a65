import type { Token } from "./tokens.ts";

interface Frame {
  readonly directive: Token;
  /** The text around the `#if` is read. */
  readonly isParentActive: boolean;
  /** This branch is read. */
  isActive: boolean;
  /** Some branch was, or is. */
  hasTakenBranch: boolean;
  hasElse: boolean;
}

/** The `#if`s that are open at a place of one file. */
export class IfStack {
  readonly #frames: Frame[] = [];

  /** Whether the text here is read. */
  get isActive(): boolean {
    return this.#frames.at(-1)?.isActive ?? true;
  }

  /** `#if`, `#ifdef`, `#ifndef`; `holds` is asked only where it matters. */
  if(directive: Token, holds: () => boolean): void {
    const isParentActive = this.isActive;
    const isActive = isParentActive && holds();
    this.#frames.push({ directive, isParentActive, isActive, hasTakenBranch: isActive, hasElse: false });
  }

  /** `#elif`; false where none may stand. */
  elif(holds: () => boolean): boolean {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.hasElse) return false;
    frame.isActive = frame.isParentActive && !frame.hasTakenBranch && holds();
    frame.hasTakenBranch ||= frame.isActive;
    return true;
  }

  /** `#else`; false where none may stand. */
  else(): boolean {
    const allowed = this.elif(() => true);
    const frame = this.#frames.at(-1);
    if (allowed && frame !== undefined) frame.hasElse = true;
    return allowed;
  }

  /** `#endif`; false where none may stand. */
  endif(): boolean {
    return this.#frames.pop() !== undefined;
  }

  /** The beginnings of those that are still open. */
  get unclosed(): readonly Token[] {
    return this.#frames.map((frame) => frame.directive);
  }
}
