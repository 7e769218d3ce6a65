/**
 * Virtual addresses that two locations claim while the node runs. The table `addressMap` holds one location for each virtual address, so
 * one of two members with the same address gets the packets of both. The log and `mosaic top` report such a collision.
 */
import type { CollisionMetrics } from "../observe/metrics-snapshot.ts";
import { Address } from "../plan/values/address.ts";
import { formatValue } from "../plan/values/format.ts";
import { equal, type Value, type Values } from "../plan/values/value.ts";

export interface AddressCollisionsOptions {
  /** Time in seconds. */
  readonly now: () => number;
  /** Virtual addresses of the node's devices. */
  readonly deviceAddresses: readonly string[];
  /** Whether an endpoint, `host:port`, may be this node. */
  readonly isOwn: (endpoint: string) => boolean;
  /** Receives a message for the log: at most one a minute for each virtual address, and ten for all. */
  readonly report: (message: string) => void;
}

interface Collision {
  readonly virtual: string;
  /** Location that no longer gets the packets, or never got them. Undefined if it is this node. */
  readonly other: Value | undefined;
  /** Location that gets the packets. */
  readonly current: Value;
  /** Whether the row with `current` replaced the row with `other`. This also happens when a member moves. */
  readonly isReplacement: boolean;
}

interface KnownCollision {
  readonly latest: Collision;
  readonly at: number;
  readonly reportedAt: number;
  readonly count: number;
}

const SECONDS_BETWEEN_REPORTS = 60;
/** Greatest number of messages about all virtual addresses in `SECONDS_BETWEEN_REPORTS`. */
const REPORTS_MAX = 10;
/** Time for which a collision counts as a problem. */
const CURRENT_SECONDS = 600;
/** Greatest number of virtual addresses that are remembered: members may claim any number of addresses. */
const KNOWN_MAX = 100;

export class AddressCollisions {
  readonly #options: AddressCollisionsOptions;
  /**
   * Locations of the rows that the running step has deleted, by virtual address, and collisions in the step. They count if the step
   * commits.
   */
  readonly #deleted = new Map<string, Value>();
  #found: Collision[] = [];
  /** Collisions by virtual address. The address that collided last comes last. */
  readonly #known = new Map<string, KnownCollision>();
  /** Times of the latest messages, the oldest first. */
  #reports: readonly number[] = [];

  constructor(options: AddressCollisionsOptions) {
    this.#options = options;
  }

  /** Notes a change of a row of `addressMap`. When a step commits, its deleted rows are reported before its inserted rows. */
  rowChanged(kind: "+" | "-" | "refresh", [virtual, location = null]: Values): void {
    if (typeof virtual !== "string" || kind === "refresh") return;
    if (kind === "-") return void this.#deleted.set(virtual, location);
    const before = this.#deleted.get(virtual);
    this.#deleted.delete(virtual);
    if (before !== undefined && !equal(before, location))
      this.#found.push({ virtual, other: before, current: location, isReplacement: true });
    const host = hostOf(location);
    if (this.#options.deviceAddresses.includes(virtual) && typeof host === "string" && !this.#options.isOwn(host))
      this.#found.push({ virtual, other: undefined, current: location, isReplacement: false });
  }

  /** Notes that two rows of `addressMap` have the same key, and that the table holds the first one. */
  rowsCollided([virtual, current = null]: Values, [, other = null]: Values): void {
    if (typeof virtual !== "string" || equal(current, other)) return;
    this.#found.push({ virtual, other, current, isReplacement: false });
  }

  stepEnded(isCommitted: boolean): void {
    if (this.#deleted.size > 0) this.#deleted.clear();
    if (this.#found.length === 0) return;
    const found = this.#found;
    this.#found = [];
    if (isCommitted) for (const collision of found) this.#note(collision);
  }

  /** Collisions of the last ten minutes, the latest first. */
  metrics(): readonly CollisionMetrics[] {
    const now = this.#options.now();
    const current = [...this.#known.values()].filter(({ at }) => now - at < CURRENT_SECONDS);
    return current.toReversed().map((known) => metricsOf(known, now));
  }

  #note(latest: Collision): void {
    const now = this.#options.now();
    const known = this.#known.get(latest.virtual);
    const isRecent = known !== undefined && now - known.at < CURRENT_SECONDS;
    const isReported = known !== undefined && now - known.reportedAt < SECONDS_BETWEEN_REPORTS;
    const next = {
      latest,
      at: now,
      reportedAt: isReported ? known.reportedAt : now,
      count: isRecent ? known.count + 1 : 1,
    };
    this.#known.delete(latest.virtual);
    this.#known.set(latest.virtual, next);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    if (!isReported) this.#report(next, now);
  }

  #report(collision: KnownCollision, now: number): void {
    this.#reports = this.#reports.filter((at) => now - at < SECONDS_BETWEEN_REPORTS);
    if (this.#reports.length >= REPORTS_MAX) return;
    this.#reports = [...this.#reports, now];
    this.#options.report(collisionText(metricsOf(collision, now)));
  }
}

function metricsOf({ latest, at, count }: KnownCollision, now: number): CollisionMetrics {
  const { virtual, other, current, isReplacement } = latest;
  const kind = other === undefined ? "own" : isReplacement && count === 1 ? "moved" : "claimed";
  return { virtual, kind, location: textOf(current), other: textOf(other ?? null), count, age: now - at };
}

/** Returns the sentence with which the log and `mosaic top` report a collision. */
export function collisionText({ virtual, kind, location, other }: CollisionMetrics): string {
  if (kind === "own") return `this node and ${location} have the same virtual address ${virtual} (addressMap)`;
  if (kind === "moved")
    return `the virtual address ${virtual} moved from ${other} to ${location} (addressMap): if both are up, two members claim it`;
  return `two members claim the virtual address ${virtual}, ${other} and ${location} (addressMap): ${location} gets its packets`;
}

/** Returns the IP address behind an overlay address. */
function hostOf(location: Value): Value {
  return location instanceof Address ? hostOf(location.node) : location;
}

function textOf(location: Value): string {
  return typeof location === "string" ? location : location === null ? "" : formatValue(location);
}
