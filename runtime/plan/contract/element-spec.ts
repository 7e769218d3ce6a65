/** What an element is, as data beside its code: the drawing, the documents and the checks read it. */
export interface ElementSpec {
  /** The name in the dataflow; the file is named after it. */
  readonly name: string;
  /**
   * Its manual page, which `mosaic explain --element` prints: signature, synopsis, then what goes in and out (Ports), what
   * it drops (Drops) and counts (Reads), who makes it (Built), an Example where one helps, and others to look at (See).
   */
  readonly manual: string;
  /** How many ports, `1-` for one or more. */
  readonly inputs: string;
  readonly outputs: string;
  /** Reasons this element can drop a tuple for, as they are counted. */
  readonly drops: readonly string[];
}
