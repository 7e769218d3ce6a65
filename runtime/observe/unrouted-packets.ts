import type { Provenance, Tuple } from "../plan/values/packet.ts";

/** Destinations with a counter each. All further destinations share one. */
const MOST_DESTINATIONS = 16;

/** Destinations of background traffic that every kernel sends on every device: multicast, broadcast, IPv6 link-local. */
const BACKGROUND_MULTICAST = /^(?:22[4-9]\.|23\d\.|255\.255\.255\.255$|ff|fe80:)/;

/** Counters of device packets for which no rule sent anything, by destination. */
export class UnroutedPackets {
  readonly counts: Map<string, number> = new Map();

  /** Counts the input of a step that sent nothing. */
  note({ tuple, provenance }: { readonly tuple: Tuple; readonly provenance: Provenance }): void {
    const destination = provenance === "device" ? tuple.args[2] : undefined;
    if (typeof destination !== "string" || BACKGROUND_MULTICAST.test(destination)) return;
    const isKnown = this.counts.has(destination) || this.counts.size < MOST_DESTINATIONS;
    const key = isKnown ? destination : "others";
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}
