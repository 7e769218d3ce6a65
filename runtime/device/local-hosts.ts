import { networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";

/** Time after which the addresses of the interfaces are read again. */
const READ_EVERY_MS = 1_000;

/** The addresses of the interfaces of this host, which may change at any time. */
export class LocalHosts {
  #hosts: ReadonlySet<string> = new Set();
  #untilMs = 0;

  /** Returns whether an interface has the numeric address. A change of the addresses is noticed after a second at most. */
  has(host: string): boolean {
    if (performance.now() >= this.#untilMs) this.#read();
    return this.#hosts.has(host);
  }

  #read(): void {
    const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    this.#hosts = new Set(all.map(({ address }) => address));
    this.#untilMs = performance.now() + READ_EVERY_MS;
  }
}
