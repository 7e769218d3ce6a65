/** How to take back what a step has done to the tables, newest first. Empty between steps. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  record(undo: () => void): void {
    this.#undo.push(undo);
  }

  clear(): void {
    this.#undo.length = 0;
  }

  undo(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo();
  }
}
