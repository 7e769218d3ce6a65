import type { Clock, Timer } from "../world/world.ts";
import type { FormerAddress, OwnAddresses } from "./own-addresses.ts";

/** Keeps former addresses of overlays among the own addresses of a node until their grace periods end. */
export class GracePeriods {
  readonly #clock: Clock;
  readonly #addresses: OwnAddresses;
  readonly #changed: () => void;
  #timer: Timer | undefined;

  /** Calls `changed` after a former address was added or forgotten. */
  constructor(clock: Clock, addresses: OwnAddresses, changed: () => void) {
    this.#clock = clock;
    this.#addresses = addresses;
    this.#changed = changed;
  }

  /** Keeps an address that an overlay is about to lose, for `seconds`. Returns a function that takes this back. */
  begin(former: Omit<FormerAddress, "until">, seconds: number): () => void {
    const restore = this.#addresses.save();
    this.#addresses.keep({ ...former, until: this.#clock.now() + seconds });
    this.#update();
    return () => {
      restore();
      this.#update();
    };
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    const end = this.#addresses.nextGraceEnd;
    this.#timer?.cancel();
    this.#timer = end === Infinity ? undefined : this.#clock.at(end, () => this.#end());
  }

  #end(): void {
    this.#addresses.forgetFormer(this.#clock.now());
    this.#update();
  }

  #update(): void {
    this.#arm();
    this.#changed();
  }
}
