import { performance } from "node:perf_hooks";
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { formatHostPort, type HostPort, parseHostPort, unmapped } from "../ip/host-port.ts";

/** Where a socket sends to when it is given a `host:port`. */
export type Destination = KnownDestination | ResolvingDestination | RefusedDestination;

export interface KnownDestination {
  readonly kind: "known";
  /** Numeric, in the address family of the socket. */
  readonly host: string;
  readonly port: number;
  /** When its name is to be asked for again, by performance.now(): a host may move. Meanwhile it is where it was. */
  untilMs: number;
}

/** A name that is being looked up. What is put into `waiting` leaves, or fails, with the answer. */
export interface ResolvingDestination {
  readonly kind: "resolving";
  /** Why nothing could be sent before, when this is not the first lookup. */
  readonly before: string | undefined;
  readonly waiting: Uint8Array[];
}

export interface RefusedDestination {
  readonly kind: "refused";
  readonly reason: string;
  /** When a name deserves another lookup, by performance.now(). */
  readonly untilMs: number;
}

export type Family = 4 | 6;

/** All addresses of a name; rejects when there is none. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** Takes the datagrams that waited for a name, once it is known what became of it. */
export type Settle = (waiting: readonly Uint8Array[], destination: KnownDestination | RefusedDestination) => void;

/**
 * Texts come from tuples and datagrams too, so nothing here may grow with them. When so many have been used, those that were not
 * used since as many before are forgotten: whoever makes a node speak to ever more places does not make it forget its peers.
 */
const GENERATION_MAX = 2048;
const LOOKUPS_MAX = 32;

const RETRY_AFTER_MS = 5000;
const ASK_AGAIN_MS = 60_000;

/** IPv4 addresses first: that is what `localhost` means where both exist. */
export const resolveName: Resolve = (name) => lookup(name, { all: true, order: "ipv4first" });

/** The destinations that one socket has been given: each text is read once, each name looked up now and then while it is used. */
export class Destinations {
  readonly #family: Family;
  readonly #resolve: Resolve;
  readonly #settle: Settle;
  #byText: Map<string, Destination> = new Map();
  /** Those of the generation before. */
  #before: ReadonlyMap<string, Destination> = new Map();
  #lookups = 0;

  constructor(family: Family, resolve: Resolve, settle: Settle) {
    this.#family = family;
    this.#resolve = resolve;
    this.#settle = settle;
  }

  find(to: string): Destination {
    const found = this.#byText.get(to) ?? this.#recall(to);
    if (found === undefined || (found.kind === "refused" && expired(found))) {
      return this.#remember(to, this.#read(to, found));
    }
    if (found.kind === "known" && found.untilMs !== Infinity && expired(found)) this.#askAgain(to, found);
    return found;
  }

  /** Why nothing can be sent to a place that was asked for, as far as that is known. */
  refusal(to: string): string | undefined {
    const found = this.#known(to);
    if (found?.kind === "resolving") return found.before;
    return found?.kind === "refused" ? found.reason : undefined;
  }

  /** What a place that was asked for is, as the sender of a datagram from there is called. */
  numeric(to: string): string | undefined {
    const found = this.#known(to);
    return found?.kind === "known" ? formatHostPort(unmapped(found.host), found.port) : undefined;
  }

  #known(to: string): Destination | undefined {
    return this.#byText.get(to) ?? this.#before.get(to);
  }

  #recall(to: string): Destination | undefined {
    const found = this.#before.get(to);
    return found && this.#remember(to, found);
  }

  #remember(to: string, destination: Destination): Destination {
    if (this.#byText.size >= GENERATION_MAX) {
      this.#before = this.#byText;
      this.#byText = new Map();
    }
    this.#byText.set(to, destination);
    return destination;
  }

  #read(to: string, before: Destination | undefined): Destination {
    const parsed = parseHostPort(to);
    if (!parsed.ok || parsed.at.port === 0) return refused("bad address", Infinity);
    const { host, port, family } = parsed.at;
    return family === undefined
      ? this.#lookUp(to, parsed.at, before)
      : known(this.#family, { address: host, family }, port, Infinity);
  }

  #lookUp(to: string, at: HostPort, before: Destination | undefined): Destination {
    if (this.#lookups >= LOOKUPS_MAX) return refused("unresolved", 0);
    this.#lookups++;
    const destination: ResolvingDestination = {
      kind: "resolving",
      before: before?.kind === "refused" ? before.reason : undefined,
      waiting: [],
    };
    this.#resolve(at.host).then(
      (addresses) => this.#answer(to, destination, choose(this.#family, addresses, at.port)),
      () => this.#answer(to, destination, unresolved()),
    );
    return destination;
  }

  /** A host that has not moved stays the destination that it is, and so does one of which nothing is heard. */
  #askAgain(to: string, before: KnownDestination): void {
    before.untilMs = nextLookup();
    const parsed = parseHostPort(to);
    if (!parsed.ok || this.#lookups >= LOOKUPS_MAX) return;
    const { host, port } = parsed.at;
    this.#lookups++;
    this.#resolve(host).then(
      (addresses) => this.#follow(to, before, addresses, port),
      () => this.#lookups--,
    );
  }

  #follow(to: string, before: KnownDestination, addresses: readonly LookupAddress[], port: number): void {
    this.#lookups--;
    const all = addresses.map((address) => known(this.#family, address, port, nextLookup()));
    if (all.some((one) => one.kind === "known" && one.host === before.host)) return;
    const answer = choose(this.#family, addresses, port);
    if (answer.kind === "known" && this.#known(to) === before) this.#remember(to, answer);
  }

  #answer(to: string, asked: ResolvingDestination, answer: KnownDestination | RefusedDestination): void {
    this.#lookups--;
    if (this.#known(to) === asked) this.#remember(to, answer);
    this.#settle(asked.waiting, answer);
  }
}

function expired({ untilMs }: KnownDestination | RefusedDestination): boolean {
  return performance.now() >= untilMs;
}

function nextLookup(): number {
  return performance.now() + ASK_AGAIN_MS;
}

function refused(reason: string, untilMs: number): RefusedDestination {
  return { kind: "refused", reason, untilMs };
}

function unresolved(): RefusedDestination {
  return refused("unresolved", performance.now() + RETRY_AFTER_MS);
}

/** The first address of the socket's own family, or else one that it can reach all the same. */
function choose(
  family: Family,
  addresses: readonly LookupAddress[],
  port: number,
): KnownDestination | RefusedDestination {
  const address = addresses.find((candidate) => candidate.family === family) ?? addresses[0];
  return address === undefined ? unresolved() : known(family, address, port, nextLookup());
}

/** An IPv6 socket reaches IPv4 addresses in their mapped form; an IPv4 socket reaches no IPv6 address. */
function known(
  family: Family,
  to: LookupAddress,
  port: number,
  untilMs: number,
): KnownDestination | RefusedDestination {
  if (to.family === family) return { kind: "known", host: to.address, port, untilMs };
  if (family === 4) return refused("EAFNOSUPPORT", Infinity);
  return { kind: "known", host: `::ffff:${to.address}`, port, untilMs };
}
