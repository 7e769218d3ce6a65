import { compare, equal, type Value } from "../../runtime/plan/values/value.ts";

/** Comparison operators of the language, each with its test of the order of both sides. */
const OPERATORS: readonly (readonly [operator: string, holds: (order: number) => boolean])[] = [
  ["==", (order) => order === 0],
  ["!=", (order) => order !== 0],
  ["<", (order) => order < 0],
  ["<=", (order) => order <= 0],
  [">", (order) => order > 0],
  [">=", (order) => order >= 0],
];

/**
 * Values of the terms of one rule, by their texts. All conditions of the rule hold for these values, so no condition contradicts another
 * one. A term without a value is compared with nothing.
 */
export class ExampleValues {
  readonly #values = new Map<string, Value>();

  has(term: string): boolean {
    return this.#values.has(term);
  }

  set(term: string, value: Value): void {
    this.#values.set(term, value);
  }

  /**
   * Makes the assignment true: the target and its value get the same example. The examples of both must not differ before. The value of a
   * constant expression is not known here, so its target loses the example.
   */
  assign(target: string, value: string): void {
    const known = this.#values.get(value) ?? this.#values.get(target);
    if (!/[A-Z]/.test(value) || known === undefined) {
      this.#values.delete(target);
      return;
    }
    this.#values.set(target, known);
    this.#values.set(value, known);
  }

  /** Whether the variable may be compared with the value of an assignment. */
  mayEqual(variable: string, value: string): boolean {
    const [one, other] = [this.#values.get(variable), this.#values.get(value)];
    return one !== undefined && (other === undefined || equal(one, other));
  }

  /** Whether both terms may have the same value in all derivations. True if nothing is known about one of them. */
  mayBeSame(one: string, other: string): boolean {
    const [value, otherValue] = [this.#values.get(one), this.#values.get(other)];
    return value === undefined || otherValue === undefined || equal(value, otherValue);
  }

  /** Returns the operators whose comparison of both terms has the result `holds`. There is at least one. */
  operators(one: string, other: string, holds: boolean): readonly string[] {
    const order = compare(this.#values.get(one) ?? null, this.#values.get(other) ?? null);
    return OPERATORS.filter(([, test]) => test(order) === holds).map(([operator]) => operator);
  }

  /** Whether a number lies between the bounds, which a test includes or not. */
  isWithin(term: string, low: number, high: number, includesLow: boolean): boolean {
    const value = Number(this.#values.get(term));
    return includesLow ? low <= value && value < high : low < value && value <= high;
  }
}
