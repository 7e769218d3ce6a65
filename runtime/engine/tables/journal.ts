import { JOURNAL_BYTES, type MemoryUse } from "../limits/memory-use.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** Data structure that can undo its own operations. It alone knows the meaning of the operands. */
export interface Undoable<Operation, Subject, Detail> {
  undo(operation: Operation, subject: Subject, detail: Detail): void;
}

/**
 * Observer of the rows of all tables, undone changes included. `added` and `removed` are called when a row enters or leaves a table, and
 * around a change of `Row.isBase`.
 */
export interface RowObserver {
  added(table: Table, row: Row): void;
  removed(table: Table, row: Row): void;
}

/**
 * Undo log: each change of a table or a derivation count. It holds the changes of the running step, or, once `keep` was called, of all
 * steps since then. An entry is four slots of one array instead of an object, because every inserted or deleted row adds an entry.
 */
export class Journal {
  /** Account of the memory of the journal and of the data whose changes it records. */
  readonly memory: MemoryUse;
  /** Absent unless somebody observes the rows. */
  observer: RowObserver | undefined;
  #slots: unknown[] = [];
  /** Position of the first entry of the running step. */
  #stepStart = 0;
  #isKept = false;
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

  /** Keeps the entries of all steps from now on, so that `undoTo` can go back over several steps. Called between two steps. */
  keep(): void {
    this.#isKept = true;
  }

  /** Position in the log, for `undoTo`. */
  get mark(): number {
    return this.#slots.length;
  }

  /** Ends the step, which has succeeded. Its entries are discarded unless the log is kept. */
  endStep(): void {
    if (this.#isKept) this.#stepStart = this.#slots.length;
    else if (this.#slots.length > 0) this.#slots = [];
  }

  /** Undoes the entries of the running step, newest first. */
  undo(): void {
    this.undoTo(this.#stepStart);
  }

  /** Undoes the entries behind `mark`, newest first. */
  undoTo(mark: number): void {
    const slots = this.#slots;
    for (let at = slots.length - 4; at >= mark; at -= 4) {
      (slots[at] as Undoable<unknown, unknown, unknown>).undo(slots[at + 1], slots[at + 2], slots[at + 3]);
    }
    if (mark === 0) this.#slots = [];
    else slots.length = mark;
    this.#stepStart = mark;
  }
}
