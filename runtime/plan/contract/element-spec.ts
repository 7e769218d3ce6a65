/** Description of a kind of element, as data beside its code. */
export interface ElementSpec {
  /** Name in the graph of a plan. The file is named after it. */
  readonly name: string;
  /**
   * Manual page, which `mosaic explain --element` prints: signature, synopsis, inputs and outputs (Ports), drop reasons (Drops), counters
   * (Reads), the file that creates the element (Built), an Example where one helps, and related elements (See).
   */
  readonly manual: string;
  /** Reasons for which the element drops tuples, as they are counted. `datagram: ...` stands for all reasons that begin so. */
  readonly drops: readonly string[];
  /**
   * Whether the effect of a tuple in this element may depend on more than the tuple and the tables: on time, on earlier tuples, on
   * sockets. The flow cache applies the outcome of one packet to later packets of its flow, without running the elements. So it
   * caches no run in which a tuple entered a stateful element. When in doubt, say true: that costs only speed.
   */
  readonly stateful: boolean;
}

/** The reasons that an element's counters accept, derived from the type of its spec's `drops`. */
export type DropReason<Drops extends readonly string[]> = Drops[number] extends infer Reason
  ? Reason extends `${infer Start}: ...`
    ? `${Start}: ${string}`
    : Reason & string
  : never;
