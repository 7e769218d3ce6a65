/**
 * Exception that ends a step whose input holds a packet train, because a rule must see the packets one by one. The engine catches it,
 * undoes the step, and runs a step for each packet. The exception never leaves the engine.
 */
export class TrainSplit extends Error {
  constructor() {
    super("a rule needs the packets of the train one by one");
  }
}
