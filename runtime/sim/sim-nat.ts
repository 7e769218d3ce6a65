/** Lifetime of a mapping in seconds after its last datagram, before and after the remote end has answered. */
const UNANSWERED = 30;
const ANSWERED = 120;

interface Mapping {
  readonly inner: string;
  readonly outer: string;
  expires: number;
}

/**
 * A NAT gateway that behaves like masquerading in Linux. Outgoing datagrams get the address of the gateway and keep their
 * port, unless another host uses that port towards the same remote address. Incoming datagrams pass if they come from an
 * address and port that the mapping was made for, or if their port is forwarded.
 */
export class SimNat {
  /** The public address. */
  readonly address: string;
  readonly #forwarded: ReadonlyMap<number, string>;
  readonly #byInner = new Map<string, Mapping>();
  readonly #byOuter = new Map<string, Mapping>();

  /** Returns whether a socket of the gateway itself is bound to an address. */
  readonly #isOccupied: (address: string) => boolean;

  /** `forwarded` are inner addresses (`host:port`) whose port the gateway forwards. */
  constructor(address: string, forwarded: readonly string[], isOccupied: (address: string) => boolean = () => false) {
    this.address = address;
    this.#isOccupied = isOccupied;
    this.#forwarded = new Map(forwarded.map((inner) => [portOf(inner), inner]));
  }

  /** Returns the public source of a datagram, and creates or refreshes its mapping. */
  outgoing(inner: string, remote: string, now: number): string {
    const known = this.#byInner.get(`${inner} ${remote}`);
    if (known !== undefined && known.expires > now) {
      known.expires = Math.max(known.expires, now + UNANSWERED);
      return known.outer;
    }
    const mapping = { inner, outer: this.#freePort(inner, remote, now), expires: now + UNANSWERED };
    this.#byInner.set(`${inner} ${remote}`, mapping);
    this.#byOuter.set(`${mapping.outer} ${remote}`, mapping);
    return mapping.outer;
  }

  /** Returns the inner address to which the gateway passes a datagram; undefined if the gateway drops it. */
  incoming(outer: string, remote: string, now: number): string | undefined {
    const mapping = this.#byOuter.get(`${outer} ${remote}`);
    if (mapping === undefined || mapping.expires <= now) return this.#forwarded.get(portOf(outer));
    mapping.expires = now + ANSWERED;
    return mapping.inner;
  }

  #freePort(inner: string, remote: string, now: number): string {
    for (let port = portOf(inner); ; port = port === 65_535 ? 1024 : port + 1) {
      const outer = `${this.address}:${port}`;
      const taken = this.#byOuter.get(`${outer} ${remote}`);
      if ((taken === undefined || taken.expires <= now) && !this.#isOccupied(outer)) return outer;
    }
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
