/** Something whose changes can be taken back, newest first. What `operation` and the operands mean is its own affair. */
export interface Undoable<Operation, Subject, Detail> {
  undo(operation: Operation, subject: Subject, detail: Detail): void;
}

/**
 * What a step has done to the tables, so that it can be taken back. Empty between steps. Entries are four slots of one
 * array, not objects: every row that comes or goes leaves one.
 */
export class Journal {
  #slots: unknown[] = [];
  readonly #isKept: boolean;

  /** One that is not kept takes nothing back: a step that fails is then the last. */
  constructor(isKept = true) {
    this.#isKept = isKept;
  }

  record<Operation, Subject, Detail>(
    owner: Undoable<Operation, Subject, Detail>,
    operation: Operation,
    subject: Subject,
    detail: Detail,
  ): void {
    if (this.#isKept) this.#slots.push(owner, operation, subject, detail);
  }

  clear(): void {
    if (this.#slots.length > 0) this.#slots = [];
  }

  undo(): void {
    for (let at = this.#slots.length - 4; at >= 0; at -= 4) {
      const [owner, operation, subject, detail] = this.#slots.slice(at, at + 4);
      (owner as Undoable<unknown, unknown, unknown>).undo(operation, subject, detail);
    }
    this.clear();
  }
}
