/** Seconds for which a mapping is kept after its last datagram: before and after the far end has answered. */
const UNANSWERED = 30;
const ANSWERED = 120;

interface Mapping {
  readonly inner: string;
  readonly outer: string;
  expires: number;
}

/**
 * A NAT gateway, as Linux masquerades: what leaves has the gateway's address and, unless another host uses it towards the
 * same place, the port it had. What comes in gets through when it answers what left (from that very address and port), or
 * when its port is forwarded.
 */
export class SimNat {
  /** The address that others see. */
  readonly address: string;
  readonly #forwarded: ReadonlyMap<number, string>;
  readonly #byInner = new Map<string, Mapping>();
  readonly #byOuter = new Map<string, Mapping>();

  /** `forwarded` names inner addresses (`host:port`) whose ports are those of the gateway too. */
  constructor(address: string, forwarded: readonly string[]) {
    this.address = address;
    this.#forwarded = new Map(forwarded.map((inner) => [portOf(inner), inner]));
  }

  /** The source that a datagram has outside. */
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

  /** The host that a datagram for the gateway is passed on to; undefined when it is dropped. */
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
      if (taken === undefined || taken.expires <= now) return outer;
    }
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
