/** Trains that are split: this one, because of its packets, or from now on all in inputs of this predicate, because of the rules. */
export type SplitTrains = "this" | "all";

/**
 * Exception that ends a step whose input holds a packet train, because a rule must see the packets one by one. The engine catches it,
 * undoes the step, and runs a step for each packet. The exception never leaves the engine.
 */
export class TrainSplit extends Error {
  readonly trains: SplitTrains;

  constructor(trains: SplitTrains) {
    super("a rule needs the packets of the train one by one");
    this.trains = trains;
  }
}
