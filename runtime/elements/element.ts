/** What an element is, as data beside its code: the drawing, the documents and the checks read it. */
export interface ElementSpec {
  /** The name in the dataflow; the file is named after it. */
  readonly name: string;
  readonly inputs: string;
  readonly outputs: string;
  /** Reasons this element can drop a tuple for, as they are counted. */
  readonly drops: readonly string[];
}

/** Counts what is dropped, by reason. One a node; every element that drops has it. */
export class Drops {
  readonly byReason: Map<string, number> = new Map();

  count(reason: string, amount = 1): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + amount);
  }
}
