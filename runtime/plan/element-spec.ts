/** What an element is, as data beside its code: the drawing, the documents and the checks read it. */
export interface ElementSpec {
  /** The name in the dataflow; the file is named after it. */
  readonly name: string;
  /** How many ports, `1-` for one or more. */
  readonly inputs: string;
  readonly outputs: string;
  /** Reasons this element can drop a tuple for, as they are counted. */
  readonly drops: readonly string[];
}
