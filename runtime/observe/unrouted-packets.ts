import type { Provenance, Tuple } from "../plan/values/packet.ts";

/** Others are counted together. */
const MOST_DESTINATIONS = 16;

/** What every kernel says on every device, whether somebody listens or not: multicast, broadcast, and IPv6 within the link. */
const BACKGROUND_MULTICAST = /^(?:22[4-9]\.|23\d\.|255\.255\.255\.255$|ff|fe80:)/;

/** Packets of the device that went nowhere: no rule made anything of them that leaves the node. Counted by destination. */
export class UnroutedPackets {
  readonly counts: Map<string, number> = new Map();

  /** `cause` made a step in which nothing left. */
  note({ tuple, provenance }: { readonly tuple: Tuple; readonly provenance: Provenance }): void {
    const destination = provenance === "device" ? tuple.args[2] : undefined;
    if (typeof destination !== "string" || BACKGROUND_MULTICAST.test(destination)) return;
    const isKnown = this.counts.has(destination) || this.counts.size < MOST_DESTINATIONS;
    const key = isKnown ? destination : "others";
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}
