import type { Predicate } from "../program/predicates.ts";

/** Tables, and predicates that something produces, indexed by their names without the overlay. */
export class Namesakes {
  readonly #known = new Map<string, Predicate[]>();

  constructor(all: Iterable<Predicate>) {
    for (const one of all) {
      if (!one.isTable && !one.isProduced) continue;
      const own = unqualified(one.name);
      const known = this.#known.get(own);
      if (known === undefined) this.#known.set(own, [one]);
      else known.push(one);
    }
  }

  /** Returns the first predicate of that name in another overlay. */
  of({ name }: Predicate): string | undefined {
    return this.#known.get(unqualified(name))?.find((one) => one.name !== name)?.name;
  }
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
