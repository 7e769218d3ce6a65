import { JOURNAL_BYTES, type MemoryUse } from "../limits/memory-use.ts";

/** Data structure that can undo its own operations. It alone knows the meaning of the operands. */
export interface Undoable<Operation, Subject, Detail> {
  undo(operation: Operation, subject: Subject, detail: Detail): void;
}

/**
 * Undo log of the running step: each change of a table or a derivation count. Empty between steps. An entry is four slots of one array
 * instead of an object, because every inserted or deleted row adds an entry.
 */
export class Journal {
  /** Account of the memory of the journal and of the data whose changes it records. */
  readonly memory: MemoryUse;
  #slots: unknown[] = [];
  readonly #isEnabled: boolean;

  /** A disabled journal records nothing. A step that exceeds a limit can then not be undone, so it must be the last one. */
  constructor(memory: MemoryUse, isEnabled = true) {
    this.memory = memory;
    this.#isEnabled = isEnabled;
  }

  /** Records an operation that `owner` has done, with the details to undo it. */
  record<Operation, Subject, Detail>(
    owner: Undoable<Operation, Subject, Detail>,
    operation: Operation,
    subject: Subject,
    detail: Detail,
  ): void {
    if (!this.#isEnabled) return;
    this.memory.pending += JOURNAL_BYTES;
    this.#slots.push(owner, operation, subject, detail);
  }

  /** Discards all entries: the step has succeeded. */
  clear(): void {
    if (this.#slots.length > 0) this.#slots = [];
  }

  /** Undoes all entries, newest first. */
  undo(): void {
    for (let at = this.#slots.length - 4; at >= 0; at -= 4) {
      const [owner, operation, subject, detail] = this.#slots.slice(at, at + 4);
      (owner as Undoable<unknown, unknown, unknown>).undo(operation, subject, detail);
    }
    this.clear();
  }
}
