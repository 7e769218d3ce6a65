import { SimClock } from "../sim/sim-clock.ts";

const SOON = 0.001;

/** A node that never comes to rest takes its turns while time passes: a stretch of time has an end, whatever the program does. */
export class WarmUpClock extends SimClock {
  override soon(fire: () => void): void {
    this.at(this.now() + SOON, fire);
  }
}
