import { fnv1a } from "./fnv1a.ts";

/** What a tuple in a datagram does: it is an event, or a row to insert, or a row to delete. */
export type WireKind = "event" | "insert" | "delete";

/** The number that stands for a predicate in datagrams; never 0. Two predicates with one number are a compile error. */
export function wireHash(name: string, arity: number, kind: WireKind): number {
  return fnv1a(Buffer.from(`${name}/${arity}/${kind}`)) || 1;
}
