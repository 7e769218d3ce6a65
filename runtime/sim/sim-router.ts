import { SimNat } from "./sim-nat.ts";

/** Gateway of a network of simulated hosts: a NAT gateway with an address, or a host that forwards. Undefined for a public network. */
export type Realm = SimNat | SimRouter | undefined;

/** Address of a simulated host, with the network that it belongs to. */
export interface SimInterface {
  /** `host:port`. */
  readonly address: string;
  readonly realm: Realm;
  /** Name of the network. Undefined for a host outside all of them. */
  readonly network?: string | undefined;
}

/**
 * Forwarding of a host for one network behind it. If it translates, datagrams from that network get the address of the interface by which
 * they leave, as masquerading in Linux does, and datagrams from outside enter only if a `SimNat` at the same address would let them pass.
 * If it only routes, datagrams keep their addresses, and enter as they leave.
 */
export class SimRouter {
  readonly translates: boolean;
  readonly #forwarded: readonly string[];
  readonly #nats = new Map<string, SimNat>();

  /** `forwarded` are inner addresses (`host:port`) whose port the host forwards. */
  constructor(forwarded: readonly string[], translates: boolean = true) {
    this.translates = translates;
    this.#forwarded = forwarded;
  }

  /** Returns the NAT of an outer IP address of the host. `isOccupied` returns whether a socket of the host is bound to an address. */
  translation(outer: string, isOccupied: (address: string) => boolean): SimNat {
    const known = this.#nats.get(outer) ?? new SimNat(outer, this.#forwarded, isOccupied);
    this.#nats.set(outer, known);
    return known;
  }
}
