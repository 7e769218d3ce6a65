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

  /** Keeps an address that an overlay is about to lose, for `seconds`. */
  begin(former: Omit<FormerAddress, "until">, seconds: number): void {
    this.#addresses.keep({ ...former, until: this.#clock.now() + seconds });
    this.#arm();
    this.#changed();
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
    this.#arm();
    this.#changed();
  }
}
