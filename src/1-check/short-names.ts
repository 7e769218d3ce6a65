import type { Predicate } from "../program/predicates.ts";

/** `arity` undefined: nothing says how many arguments there are. */
export type KnownName = Pick<Predicate, "name" | "isRead"> & { readonly arity: number | undefined };

/**
 * Predicates that a name of two or three letters may be a slip of. So short names are like each other without being a
 * slip: what is meant has as many arguments; two letters have changed places, or nothing else uses it and one is another.
 */
export class ShortNames {
  readonly #known: readonly KnownName[];

  constructor(known: readonly KnownName[]) {
    this.#known = known.filter(({ name }) => isShort(ownName(name)));
  }

  nearest({ name, arity }: Predicate): string | undefined {
    const own = ownName(name);
    if (!isShort(own)) return undefined;
    const overlay = name.slice(0, name.length - own.length);
    return this.#known.find((one) => {
      const other = ownName(one.name);
      if ((one.arity ?? arity) !== arity || one.name !== `${overlay}${other}` || other === own) return false;
      return areSwapped(own, other) || (own.length === 3 && !one.isRead && differInOne(own, other));
    })?.name;
  }
}

function ownName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Digits tell the members of a series apart, and are no slips of each other. */
function isShort(name: string): boolean {
  return /^[A-Za-z]{2,3}$/.test(name);
}

function differences(one: string, other: string): readonly number[] {
  return Array.from(one).flatMap((letter, at) => (letter === other[at] ? [] : [at]));
}

function areSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const [first, second, ...more] = differences(one, other);
  if (first === undefined || second === undefined || more.length > 0) return false;
  return second === first + 1 && one[first] === other[second] && one[second] === other[first];
}

function differInOne(one: string, other: string): boolean {
  return one.length === other.length && differences(one, other).length === 1;
}
