import type { Token } from "./tokens.ts";

interface Frame {
  readonly opening: Token;
  /** The text around the `#if` is read. */
  readonly outside: boolean;
  /** This branch is read. */
  reading: boolean;
  /** Some branch was, or is. */
  decided: boolean;
  elseSeen: boolean;
}

/** The `#if`s that are open at a place of one file. */
export class Conditions {
  readonly #frames: Frame[] = [];

  /** Whether the text here is read. */
  get reading(): boolean {
    return this.#frames.at(-1)?.reading ?? true;
  }

  /** `#if`, `#ifdef`, `#ifndef`; `holds` is asked only where it matters. */
  open(opening: Token, holds: () => boolean): void {
    const outside = this.reading;
    const reading = outside && holds();
    this.#frames.push({ opening, outside, reading, decided: reading, elseSeen: false });
  }

  /** `#elif`; false where none may stand. */
  openNext(holds: () => boolean): boolean {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.elseSeen) return false;
    frame.reading = frame.outside && !frame.decided && holds();
    frame.decided ||= frame.reading;
    return true;
  }

  /** `#else`; false where none may stand. */
  openRest(): boolean {
    const allowed = this.openNext(() => true);
    const frame = this.#frames.at(-1);
    if (allowed && frame !== undefined) frame.elseSeen = true;
    return allowed;
  }

  /** `#endif`; false where none may stand. */
  close(): boolean {
    return this.#frames.pop() !== undefined;
  }

  /** The beginnings of those that are still open. */
  get openings(): readonly Token[] {
    return this.#frames.map((frame) => frame.opening);
  }
}
