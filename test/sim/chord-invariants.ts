import type { Entry } from "./chord-network.ts";

/** A member of a ring: its id and address, and its list. */
export interface Member {
  readonly own: Entry;
  readonly list: readonly Entry[];
}

/**
 * Returns the name of an invariant of Chord (Zave, "How to Make Chord Correct") that the lists of the members violate. The names are
 * those of `test/explore/chord.inv.mzl`, which also has the invariants of lists under way.
 */
export function violatedInvariant(members: readonly Member[], successors: number): string | undefined {
  return (
    members.map((one) => listFault(one, successors)).find((fault) => fault !== undefined) ??
    ringFault(members, successors)
  );
}

function listFault({ own, list }: Member, successors: number): string | undefined {
  const ids = [own, ...list].map(([id]) => id);
  if (new Set(ids).size < ids.length) return "lists a node twice";
  if (list.length > successors) return "list too long";
  const isOrdered = ids.slice(2).every((last, at) => isBetween(ids[at] as bigint, ids[at + 1] as bigint, last));
  return isOrdered ? undefined : "list out of order";
}

function ringFault(members: readonly Member[], successors: number): string | undefined {
  const byAddress = new Map(members.map((one) => [one.own[1], one]));
  const best = new Map(
    members.map((one) => [
      one,
      one.list.map(([, address]) => byAddress.get(address)).find((next) => next !== undefined),
    ]),
  );
  if ([...best.values()].includes(undefined)) return "no live successor";
  const next = (one: Member): Member => best.get(one) as Member;
  const ring = ringOf(members, next);
  if (members.some((one) => !ring.has(end(one, members.length, next)))) return "two rings";
  const inRing = [...ring];
  const isOrdered = inRing.every((one) =>
    inRing.every(({ own: [id] }) => !isBetween(one.own[0], id, next(one).own[0])),
  );
  if (!isOrdered) return "ring out of order";
  const principals = members.filter(({ own: [id] }) => !members.some((one) => skips(one, id)));
  if (principals.length <= successors) return "too few principals";
  return principals.every((one) => ring.has(one)) ? undefined : "principal outside the ring";
}

/** Returns the members that the first one reaches by first living entries, behind as many steps as members. */
function ringOf(members: readonly Member[], next: (one: Member) => Member): ReadonlySet<Member> {
  const ring = new Set<Member>();
  for (let one = end(members[0] as Member, members.length, next); !ring.has(one); one = next(one)) ring.add(one);
  return ring;
}

function end(from: Member, steps: number, next: (one: Member) => Member): Member {
  let one = from;
  for (let step = 0; step < steps; step++) one = next(one);
  return one;
}

function skips({ own, list }: Member, id: bigint): boolean {
  return list.some(([to], at) => isBetween((at === 0 ? own : (list[at - 1] as Entry))[0], id, to));
}

/** Whether counting up from `from` reaches `id` before `to`; neither end counts. */
function isBetween(from: bigint, id: bigint, to: bigint): boolean {
  if (from === to) return id !== from;
  return from < to ? from < id && id < to : id > from || id < to;
}
