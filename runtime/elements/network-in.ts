import type { Cause } from "../engine/engine.ts";
import { decodeDatagram, type EncodedTuple } from "../wire/decode.ts";
import { Reassembly } from "../wire/reassembly.ts";
import type { Clock, Datagram, World } from "../world/world.ts";
import type { Admission } from "./admission.ts";
import type { Drops } from "../observe/drops.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

/**
 * NetworkIn(datagrams)
 *
 * Takes datagrams apart into the tuples they carry and puts fragments together again.
 *
 * Ports   in: the network. out: 1 push, one tuple a push, in the order of the datagram.
 * Drops   what is no datagram of this version, or a fragment that does not fit, by the reason the codec gives.
 * Reads   the counters of the datagram service
 * Built   by runtime/node/dataflow.ts, one per node.
 * See     Admission, Mux, NetworkOut
 */
export const spec: ElementSpec = {
  name: "NetworkIn",
  inputs: "0",
  outputs: "1",
  drops: ["datagram: ..."],
};

export class NetworkIn {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #drops: Drops;
  readonly #out: (cause: Cause) => void;
  readonly #reassembly = new Reassembly();

  constructor(world: World, admission: Admission, drops: Drops, out: (cause: Cause) => void) {
    this.#world = world;
    this.#clock = world.clock;
    this.#admission = admission;
    this.#drops = drops;
    this.#out = out;
  }

  start(): void {
    this.#world.datagrams.onDatagram((datagram) => this.#datagram(datagram));
  }

  #datagram({ bytes, from }: Datagram): void {
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) return this.#tuples(bytes, decoded.tuples, from);
    if (decoded.reason !== "fragment") return this.#drops.count(`datagram: ${decoded.reason}`);
    const whole = this.#reassembly.whole(bytes, from, this.#clock.now());
    if (typeof whole === "string") this.#drops.count(`datagram: ${whole}`);
    else if (whole !== undefined) this.#message(whole, from);
  }

  /** A datagram put together of pieces; pieces of pieces there are none. */
  #message(bytes: Uint8Array, from: string): void {
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) this.#tuples(bytes, decoded.tuples, from);
    else this.#drops.count(`datagram: ${decoded.reason}`);
  }

  #tuples(bytes: Uint8Array, tuples: readonly EncodedTuple[], from: string): void {
    for (const { hash, start, end } of tuples) {
      const tuple = this.#admission.decode(hash, bytes, start, end);
      if (tuple !== undefined) this.#out({ tuple, provenance: "network", source: from });
    }
  }
}
