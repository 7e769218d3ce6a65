/** Derivations of a query that had no value. */
export interface QueryFailures {
  readonly count: number;
  /** Description of the first failure: "`1 / X` has no value for X = 0". */
  readonly first: string;
}

/** Describes the failures in one clause: "2 derivations had no value: `1 / X` has no value for X = 0". */
export function failuresText({ count, first }: QueryFailures): string {
  return `${count} derivation${count === 1 ? "" : "s"} had no value: ${first}`;
}
