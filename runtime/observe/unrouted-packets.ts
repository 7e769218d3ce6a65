import type { Provenance, Tuple } from "../plan/values/packet.ts";

/** Destinations of a device with a counter each. All further destinations share one. */
const MOST_DESTINATIONS = 16;

/** Destinations of background traffic that every kernel sends on every device: multicast, broadcast, IPv6 link-local. */
const BACKGROUND_MULTICAST = /^(?:22[4-9]\.|23\d\.|255\.255\.255\.255$|ff|fe80:)/;

const NONE: ReadonlyMap<string, number> = new Map();

/** Counters of packets of the TUN devices for which no rule sent anything, by device and destination. */
export class UnroutedPackets {
  readonly #counts = new Map<string, Map<string, number>>();

  /** Returns the counters of the named device, by destination. */
  of(device: string): ReadonlyMap<string, number> {
    return this.#counts.get(device) ?? NONE;
  }

  /** Counts the input of a step that sent nothing. */
  note({ tuple, provenance }: { readonly tuple: Tuple; readonly provenance: Provenance }): void {
    const [, , destination, , , device] = provenance === "device" ? tuple.args : [];
    if (typeof destination !== "string" || BACKGROUND_MULTICAST.test(destination) || typeof device !== "string") return;
    const counts = this.#counts.get(device) ?? new Map<string, number>();
    this.#counts.set(device, counts);
    const isKnown = counts.has(destination) || counts.size < MOST_DESTINATIONS;
    const key = isKnown ? destination : "others";
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}
