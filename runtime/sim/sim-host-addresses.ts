import type { HostAddress, HostAddresses } from "../world/host-addresses.ts";
import type { SimClock } from "./sim-clock.ts";

/** The addresses of a simulated host. The node's socket is bound to all of them. The devices have the same names as in the kernel lab. */
export class SimHostAddresses implements HostAddresses {
  readonly #clock: SimClock;
  readonly #endpoints: () => readonly string[];
  readonly #listeners: (() => void)[] = [];

  /** `endpoints` returns the present `host:port` of each interface. */
  constructor(clock: SimClock, endpoints: () => readonly string[]) {
    this.#clock = clock;
    this.#endpoints = endpoints;
  }

  get all(): readonly HostAddress[] {
    return this.#endpoints().map((endpoint, at) => ({
      device: `eth${at}`,
      ip: endpoint.slice(0, endpoint.lastIndexOf(":")),
    }));
  }

  endpoints(): readonly string[] {
    return this.#endpoints();
  }

  problem(): string | undefined {
    return undefined;
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  /** Calls the listeners after the present event. */
  notify(): void {
    for (const changed of this.#listeners) this.#clock.soon(changed);
  }
}
