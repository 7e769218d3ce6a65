/**
 * Destinations of a datagram socket: translates the `host:port` text of a tuple's location to a numeric address. native-datagrams.ts and
 * node-datagrams.ts call `find` for each datagram that they send. Numeric hosts are parsed once; names are looked up, asynchronously, at
 * the first use and then every LOOKUP_EVERY_MS while they are used.
 */
import { performance } from "node:perf_hooks";
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { formatHostPort, type HostPort, parseHostPort, unmapped } from "../plan/values/host-port.ts";

/** State of a `host:port`. */
export type Destination = KnownDestination | ResolvingDestination | RefusedDestination;

export interface KnownDestination {
  readonly kind: "known";
  /** Numeric, in the address family of the socket. */
  readonly host: string;
  readonly port: number;
  /** Time of the next lookup of its name, by performance.now(): a host may move. The old address stays in use during the lookup. */
  untilMs: number;
}

/** A name that is being looked up. Datagrams in `waiting` are sent, or fail, when the lookup ends. */
export interface ResolvingDestination {
  readonly kind: "resolving";
  /** The reason why the lookup before this one failed; undefined for the first lookup. */
  readonly previousReason: string | undefined;
  readonly waiting: WaitingDatagram[];
}

export interface WaitingDatagram {
  readonly bytes: Uint8Array;
  /** Traffic class of the packet in the datagram. */
  readonly trafficClass: number;
}

export interface RefusedDestination {
  readonly kind: "refused";
  readonly reason: string;
  /** Time from which a name may be looked up again, by performance.now(). */
  readonly untilMs: number;
}

export type Family = 4 | 6;

/** Returns all addresses of a name. Rejects when the name has no address. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** Receives the datagrams that waited for a lookup, and its result. */
export type OnResolved = (
  waiting: readonly WaitingDatagram[],
  destination: KnownDestination | RefusedDestination,
) => void;

/**
 * Greatest number of `host:port` texts in a generation. Texts come from tuples and datagrams, so their number must be bounded. When the
 * current generation is full, it becomes the previous one, and the generation before it is discarded. A text of the previous generation
 * that is used again moves to the current one, so a node that is made to send to ever more destinations does not lose its peers.
 */
const GENERATION_MAX = 2048;
const LOOKUPS_MAX = 32;

const RETRY_AFTER_MS = 5000;
const LOOKUP_EVERY_MS = 60_000;

/** Time for which an address that failed is avoided if the name has another address. */
const AVOID_MS = 60_000;
const AVOIDED_MAX = 1024;
const NO_ROUTE = "has no route";

/** IPv4 addresses come first: `localhost` should mean 127.0.0.1 where both exist. */
export const resolveName: Resolve = (name) => lookup(name, { all: true, order: "ipv4first" });

/** How to choose among several addresses of a name, and to whom to report the choice. */
export interface AddressChoice {
  /** Returns whether the kernel has a route to a numeric host. Default: every host has a route. */
  readonly hasRoute?: ((host: string, port: number) => boolean) | undefined;
  /** Receives a message for the log when a name has moved to another address. */
  readonly onMoved?: ((message: string) => void) | undefined;
}

/** Errors of a send for which another address of the name may be reachable. */
const UNREACHABLE: ReadonlySet<string> = new Set(["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "ENETDOWN"]);

/** The destinations of one socket. */
export class Destinations {
  readonly #family: Family;
  readonly #resolve: Resolve;
  readonly #onResolved: OnResolved;
  #byText: Map<string, Destination> = new Map();
  /** The generation before the current one. */
  #previous: ReadonlyMap<string, Destination> = new Map();
  readonly #choice: AddressChoice;
  /** Numeric hosts that failed, with the reason, and the time (performance.now()) until which other addresses are preferred. */
  readonly #avoided = new Map<string, { readonly reason: string; readonly untilMs: number }>();
  #lookups = 0;
  /** Time from which an unreachable address makes all names be looked up again, by performance.now(). */
  #nextReconsiderMs = 0;

  constructor(family: Family, resolve: Resolve, onResolved: OnResolved, choice: AddressChoice = {}) {
    this.#choice = choice;
    this.#family = family;
    this.#resolve = resolve;
    this.#onResolved = onResolved;
  }

  find(to: string): Destination {
    const found = this.#byText.get(to) ?? this.#findPrevious(to);
    if (found === undefined || (found.kind === "refused" && expired(found))) {
      return this.#store(to, this.#parse(to, found));
    }
    if (found.kind === "known" && found.untilMs !== Infinity && expired(found)) this.#lookUpAgain(to, found);
    return found;
  }

  /**
   * Takes the error code of a failed send, and the destination if it is known. If the code is one of UNREACHABLE, all names are looked up
   * again at their next use, at most every RETRY_AFTER_MS, and may move to another address.
   */
  noteFailure(code: string, to?: KnownDestination): void {
    const now = performance.now();
    if (!UNREACHABLE.has(code)) return;
    if (to !== undefined) this.#avoid(to, NO_ROUTE);
    if (now < this.#nextReconsiderMs) return;
    this.#nextReconsiderMs = now + RETRY_AFTER_MS;
    for (const destination of this.#byText.values()) {
      if (destination.kind === "known" && destination.untilMs !== Infinity) destination.untilMs = now;
    }
  }

  /**
   * Takes note that a destination has not answered. If the destination is a name, the name is looked up again at its next use, and may move
   * to another address.
   */
  noteSilence(to: string): void {
    const found = this.#known(to);
    if (found?.kind !== "known" || found.untilMs === Infinity) return;
    this.#avoid(found, "does not answer");
    found.untilMs = performance.now();
  }

  #avoid({ host, untilMs }: KnownDestination, reason: string): void {
    if (untilMs === Infinity) return;
    if (this.#avoided.size >= AVOIDED_MAX) this.#avoided.clear();
    this.#avoided.set(host, { reason, untilMs: performance.now() + AVOID_MS });
  }

  /** Returns the reason why nothing can be sent to a destination that was used before; undefined if datagrams can be sent. */
  refusal(to: string): string | undefined {
    const found = this.#known(to);
    if (found?.kind === "resolving") return found.previousReason;
    return found?.kind === "refused" ? found.reason : undefined;
  }

  /** Returns the numeric `host:port` of a destination that was used before, in the form that names the sender of a datagram. */
  numeric(to: string): string | undefined {
    const found = this.#known(to);
    return found?.kind === "known" ? formatHostPort(unmapped(found.host), found.port) : undefined;
  }

  #known(to: string): Destination | undefined {
    return this.#byText.get(to) ?? this.#previous.get(to);
  }

  #findPrevious(to: string): Destination | undefined {
    const found = this.#previous.get(to);
    return found && this.#store(to, found);
  }

  #store(to: string, destination: Destination): Destination {
    if (this.#byText.size >= GENERATION_MAX) {
      this.#previous = this.#byText;
      this.#byText = new Map();
    }
    this.#byText.set(to, destination);
    return destination;
  }

  #parse(to: string, previous: Destination | undefined): Destination {
    const parsed = parseHostPort(to);
    if (!parsed.ok || parsed.at.port === 0) return refused("bad address", Infinity);
    const { host, port, family } = parsed.at;
    return family === undefined
      ? this.#lookUp(to, parsed.at, previous)
      : known(this.#family, { address: host, family }, port, Infinity);
  }

  #lookUp(to: string, at: HostPort, previous: Destination | undefined): Destination {
    if (this.#lookups >= LOOKUPS_MAX) return refused("unresolved", 0);
    this.#lookups++;
    const destination: ResolvingDestination = {
      kind: "resolving",
      previousReason: previous?.kind === "refused" ? previous.reason : undefined,
      waiting: [],
    };
    this.#resolve(at.host).then(
      (addresses) => this.#resolved(to, destination, this.#choose(addresses, at.port)),
      () => this.#resolved(to, destination, unresolved()),
    );
    return destination;
  }

  /**
   * Starts another lookup. If the lookup fails, the destination keeps its address. It moves if its address is missing in the result, or if
   * this address has failed and another one in the result has not.
   */
  #lookUpAgain(to: string, previous: KnownDestination): void {
    previous.untilMs = nextLookup();
    const parsed = parseHostPort(to);
    if (!parsed.ok || this.#lookups >= LOOKUPS_MAX) return;
    const { host, port } = parsed.at;
    this.#lookups++;
    this.#resolve(host).then(
      (addresses) => this.#move(to, previous, addresses, port),
      () => this.#lookups--,
    );
  }

  #move(to: string, previous: KnownDestination, addresses: readonly LookupAddress[], port: number): void {
    this.#lookups--;
    const present = addresses.find((address) => this.#hostOf(address) === previous.host);
    const problem = present && this.#problem(present, port);
    if (present !== undefined && problem === undefined) return;
    const answer = this.#choose(addresses, port);
    // If all addresses have failed, the present one is as good as any other.
    const isStuck = answer.kind === "known" && this.#isAvoided(answer.host);
    if (isStuck && present !== undefined && this.#hasRoute(present, port)) return;
    if (answer.kind !== "known" || answer.host === previous.host || this.#known(to) !== previous) return;
    this.#store(to, answer);
    const [before, after] = [unmapped(previous.host), unmapped(answer.host)];
    const why = problem === undefined ? "" : `, because ${before} ${problem}`;
    this.#choice.onMoved?.(`${to} has moved from ${before} to ${after}${why}`);
  }

  /**
   * Chooses the first address that has not failed, or else the first one with a route, or else the first one. Addresses of the family of
   * the socket come first.
   */
  #choose(addresses: readonly LookupAddress[], port: number): KnownDestination | RefusedDestination {
    const ordered = addresses.toSorted((one, other) => this.#rank(one) - this.#rank(other));
    const usable = ordered.filter((address) => this.#hostOf(address) !== undefined);
    const sound = usable.find((one) => this.#problem(one, port) === undefined);
    const address = sound ?? usable.find((one) => this.#hasRoute(one, port)) ?? ordered[0];
    return address === undefined ? unresolved() : known(this.#family, address, port, nextLookup());
  }

  #rank({ family }: LookupAddress): number {
    return family === this.#family ? 0 : 1;
  }

  #hasRoute({ address }: LookupAddress, port: number): boolean {
    return this.#choice.hasRoute?.(address, port) ?? true;
  }

  /** Returns the reason to prefer another address of the name, as a verb phrase, or undefined. */
  #problem(address: LookupAddress, port: number): string | undefined {
    if (!this.#hasRoute(address, port)) return NO_ROUTE;
    const host = this.#hostOf(address);
    return host !== undefined && this.#isAvoided(host) ? this.#avoided.get(host)?.reason : undefined;
  }

  #isAvoided(host: string): boolean {
    return (this.#avoided.get(host)?.untilMs ?? 0) > performance.now();
  }

  /** Returns the numeric host by which the socket reaches an address; undefined if the socket cannot reach it. */
  #hostOf(address: LookupAddress): string | undefined {
    const destination = known(this.#family, address, 0, 0);
    return destination.kind === "known" ? destination.host : undefined;
  }

  #resolved(to: string, asked: ResolvingDestination, answer: KnownDestination | RefusedDestination): void {
    this.#lookups--;
    if (this.#known(to) === asked) this.#store(to, answer);
    this.#onResolved(asked.waiting, answer);
  }
}

function expired({ untilMs }: KnownDestination | RefusedDestination): boolean {
  return performance.now() >= untilMs;
}

function nextLookup(): number {
  return performance.now() + LOOKUP_EVERY_MS;
}

function refused(reason: string, untilMs: number): RefusedDestination {
  return { kind: "refused", reason, untilMs };
}

function unresolved(): RefusedDestination {
  return refused("unresolved", performance.now() + RETRY_AFTER_MS);
}

/** An IPv6 socket reaches IPv4 addresses in their mapped form. An IPv4 socket reaches no IPv6 address. */
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
