import { SimClock } from "../sim/sim-clock.ts";

const SOON = 0.001;

/** Virtual clock of the warm-up. `soon` waits for a millisecond, so that a run until a given time ends even if a node is never idle. */
export class WarmUpClock extends SimClock {
  override soon(fire: () => void): void {
    this.at(this.now() + SOON, fire);
  }
}
