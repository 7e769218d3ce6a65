import type { Clock, Timer } from "../world/world.ts";
import { equal, type Value } from "../plan/values/value.ts";
import type { OwnAddresses } from "./own-addresses.ts";

/** Change of the address that an overlay announces. `from` is undefined if it has announced none. */
interface AddressMove {
  readonly overlay: string;
  readonly from: Value | undefined;
  readonly to: Value;
}

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

  /** Keeps the address that an overlay is about to lose, if there is one, for `seconds`. Returns a function that takes this back. */
  begin({ overlay, from, to }: AddressMove, seconds: number): () => void {
    if (from === undefined || equal(from, to)) return () => undefined;
    const restore = this.#addresses.save();
    this.#addresses.keep({ overlay, address: from, until: this.#clock.now() + seconds });
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
