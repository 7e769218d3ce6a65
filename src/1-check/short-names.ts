import type { Predicate } from "../program/predicates.ts";

/** A name that the author may have meant. `arity` is undefined if the program never uses the name with arguments. */
export type KnownName = Pick<Predicate, "name" | "isRead"> & { readonly arity: number | undefined };

/**
 * Candidates for the correction of names with two or three letters. Short names are often similar by intent, so a candidate must have
 * the same arity. It must also differ by two swapped letters, or, if it has three letters and no rule reads it, by one letter.
 */
export class ShortNames {
  readonly #known: readonly KnownName[];

  constructor(known: readonly KnownName[]) {
    this.#known = known.filter(({ name }) => isShort(unqualified(name)));
  }

  nearest({ name, arity }: Predicate): string | undefined {
    const own = unqualified(name);
    if (!isShort(own)) return undefined;
    const overlay = name.slice(0, name.length - own.length);
    return this.#known.find((one) => {
      const other = unqualified(one.name);
      if ((one.arity ?? arity) !== arity || one.name !== `${overlay}${other}` || other === own) return false;
      return areSwapped(own, other) || (own.length === 3 && !one.isRead && differInOne(own, other));
    })?.name;
  }
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Names with digits are excluded: they are members of a series, not typos of each other. */
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
