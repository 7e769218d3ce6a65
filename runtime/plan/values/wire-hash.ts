import { fnv1a } from "./fnv1a.ts";

/** Meaning of a tuple in a datagram: an event, a row to insert, or a row to delete. */
export type WireKind = "event" | "insert" | "delete";

/**
 * Returns the wire hash of a predicate, its number in datagrams. It is never 0. Two predicates of a program with the same hash are a
 * compile error.
 */
export function wireHash(name: string, arity: number, kind: WireKind): number {
  return fnv1a(Buffer.from(`${name}/${arity}/${kind}`)) || 1;
}
