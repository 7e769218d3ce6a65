import { REPLAY_WINDOW, ReplayWindow } from "../../runtime/link/replay-window.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";

/** The plain list that the window must equal: every counter accepted that is not older than the window. */
export class ListedCounters {
  readonly #seen = new Set<number>();
  #greatest = -1;

  get greatest(): number {
    return this.#greatest;
  }

  accept(counter: number): boolean {
    if (this.#seen.has(counter) || counter <= this.#greatest - REPLAY_WINDOW) return false;
    this.#seen.add(counter);
    this.#greatest = Math.max(this.#greatest, counter);
    if (this.#seen.size > 4 * REPLAY_WINDOW) this.#shorten();
    return true;
  }

  #shorten(): void {
    for (const counter of this.#seen) {
      if (counter <= this.#greatest - REPLAY_WINDOW) this.#seen.delete(counter);
    }
  }
}

/**
 * Gives datagrams of two lanes to a window and a list of each lane: most are new, some late or repeated, a few far ahead. Returns how
 * often the two differed.
 */
export function compareWithList(
  datagrams: number,
  seed: number,
): { readonly differences: number; readonly datagrams: number } {
  const random = streamOf(seed, "replay window");
  const lanes = [0, 1].map(() => ({ window: new ReplayWindow(), list: new ListedCounters() }));
  let differences = 0;
  for (let at = 0; at < datagrams; at++) {
    const { window, list } = lanes[random.integer(2)] as (typeof lanes)[number];
    const counter = Math.max(0, list.greatest + distance(random));
    const isAccepted = list.accept(counter);
    if (window.accept(counter) !== isAccepted) differences++;
  }
  return { differences, datagrams };
}

function distance(random: RandomStream): number {
  const kind = random.next();
  if (kind < 0.6) return 1;
  if (kind < 0.8) return -random.integer(64);
  if (kind < 0.97) return -random.integer(REPLAY_WINDOW + 64);
  return kind < 0.999 ? random.integer(200) : random.integer(20_000);
}
