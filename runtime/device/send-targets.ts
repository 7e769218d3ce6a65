/**
 * Where the datagrams of one socket go, as the addon reads it. native-datagrams.ts asks `find` for each datagram and each train that it
 * sends.
 */
import { ADDRESS_BYTES, DESTINATION_BYTES, type Native } from "../../native/index.ts";
import type { LinkedPeer } from "../world/links.ts";
import type { KnownDestination } from "./destinations.ts";

/**
 * A numeric destination or a link. Until `noGsoUntilMs`, datagrams of `noGsoFrom` bytes or more are sent to this destination without GSO.
 */
export interface SendTarget {
  /** Destination as the addon reads it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its first bytes: the socket address, zeros for a link. */
  readonly address: Uint8Array;
  readonly peer: LinkedPeer | undefined;
  /** Longest datagram that leaves unfragmented, and the time from which the kernel is asked for it again. */
  unfragmented: number | undefined;
  askAgainMs: number;
  noGsoUntilMs: number;
  noGsoFrom: number;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SendTargets {
  readonly #native: Native;
  readonly #targets = new WeakMap<KnownDestination | LinkedPeer, SendTarget>();
  /** The target of the latest datagram: most datagrams have the same destination as the one before. */
  #latest: { readonly to: KnownDestination | LinkedPeer; readonly target: SendTarget } | undefined;

  constructor(native: Native) {
    this.#native = native;
  }

  /** Returns the target of a destination. Undefined if its host is not numeric. */
  find(to: KnownDestination | LinkedPeer): SendTarget | undefined {
    if (this.#latest?.to === to) return this.#latest.target;
    const target = this.#targets.get(to) ?? this.#create(to);
    if (target !== undefined) this.#latest = { to, target };
    return target;
  }

  #create(to: KnownDestination | LinkedPeer): SendTarget | undefined {
    const peer = "link" in to ? to : undefined;
    const bytes = new Uint8Array(DESTINATION_BYTES);
    const address = "kind" in to ? this.#native.socketAddress(to.host, to.port) : NO_BYTES;
    if (address === undefined) return undefined;
    bytes.set(address.subarray(0, ADDRESS_BYTES));
    new Uint32Array(bytes.buffer)[ADDRESS_BYTES / 4] = peer?.link ?? 0;
    // Not 0: V8 keeps a small integer and a later time in objects of different shapes. It then aborts the compilation of all code that
    // reads `#latest`, whose fields have the old shape, and compiles it again and again.
    const sizes = { unfragmented: undefined, askAgainMs: -Infinity, noGsoUntilMs: -Infinity, noGsoFrom: Infinity };
    const target = { bytes, address: bytes.subarray(0, ADDRESS_BYTES), peer, ...sizes };
    this.#targets.set(to, target);
    return target;
  }
}

/** Returns the greatest length of the datagrams for each target, where `lengthOf` returns that of the datagram at an index. */
export function longestByTarget(
  targets: readonly SendTarget[],
  lengthOf: (at: number) => number,
): ReadonlyMap<SendTarget, number> {
  const lengths = new Map<SendTarget, number>();
  for (const [at, target] of targets.entries()) {
    lengths.set(target, Math.max(lengths.get(target) ?? 0, lengthOf(at)));
  }
  return lengths;
}
