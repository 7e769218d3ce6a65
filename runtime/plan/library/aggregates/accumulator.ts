import { bounded, boundedExceptInCount } from "../../values/bounded.ts";
import { listOf } from "../operators/overlog-operators.ts";
import { ExactSum } from "./exact-sum.ts";
import { divide } from "../operators/operators.ts";
import type { AggregateKind } from "../../contract/plan.ts";
import { compare, compareValues, equal, type Values, type Value } from "../../values/value.ts";

/** Computation of one aggregate over the values of one group. */
export interface Accumulator {
  /**
   * Adds a value that occurs in `times` combinations of body rows. `winner` holds the values of the columns that a `min` or `max` takes
   * from the winning row. Returns false if the aggregate does not accept the value.
   */
  add(value: Value, times: number, winner: Values): boolean;
  /** Returns the aggregate, or undefined if it does not exist: a sum that is not exact, a list with too many bytes. */
  result(): Value | undefined;
  /** Returns a column of the winning row. Null if no value was added, and for all aggregates but `min` and `max`. */
  winner(column: number): Value;
}

export function accumulator(kind: AggregateKind): Accumulator {
  switch (kind) {
    case "min":
      return new Extreme(-1);
    case "max":
      return new Extreme(1);
    case "count":
      return new Count();
    case "sum":
      return new Sum();
    case "avg":
      return new Average();
    case "list":
      return new Collection(false, (values) => values);
    case "set":
      return new Collection(true, (values) => values);
    case "union":
      return new Union();
    case "countDistinct":
      return new Collection(true, (values) => values.length);
  }
}

/** `min` and `max`. Among equal values the one with the smallest row wins, so that the order of arrival does not matter. */
class Extreme implements Accumulator {
  readonly #direction: 1 | -1;
  #best: Value | undefined;
  #winner: Values = [];

  constructor(direction: 1 | -1) {
    this.#direction = direction;
  }

  add(value: Value, _times: number, winner: Values): boolean {
    const order = this.#best === undefined ? 1 : compare(value, this.#best) * this.#direction;
    if (order > 0 || (order === 0 && compareValues(winner, this.#winner) < 0)) {
      this.#best = value;
      this.#winner = winner;
    }
    return true;
  }

  result(): Value {
    return this.#best ?? null;
  }

  winner(column: number): Value {
    return this.#winner[column] ?? null;
  }
}

class Count implements Accumulator {
  #count = 0;

  add(_value: Value, times: number): boolean {
    this.#count += times;
    return true;
  }

  result(): Value {
    return this.#count;
  }

  winner(): Value {
    return null;
  }
}

class Sum implements Accumulator {
  readonly #sum = new ExactSum();

  add(value: Value, times: number): boolean {
    if (typeof value !== "number") return false;
    for (let i = 0; i < times; i++) this.#sum.add(value);
    return true;
  }

  result(): Value | undefined {
    return this.#sum.result();
  }

  winner(): Value {
    return null;
  }
}

class Average implements Accumulator {
  readonly #sum = new Sum();
  #count = 0;

  add(value: Value, times: number): boolean {
    if (!this.#sum.add(value, times)) return false;
    this.#count += times;
    return true;
  }

  result(): Value | undefined {
    if (this.#count === 0) return null;
    const sum = this.#sum.result();
    return sum === undefined ? undefined : divide(sum, this.#count);
  }

  winner(): Value {
    return null;
  }
}

/** `union`: the items of all lists, and the values that are not lists, as one set. Null is the empty list. */
class Union implements Accumulator {
  readonly #items = new Collection(true, (values) => values);

  add(value: Value): boolean {
    for (const item of listOf(value)) this.#items.add(item, 1);
    return true;
  }

  result(): Value | undefined {
    const union = this.#items.result();
    return union && bounded(union);
  }

  winner(): Value {
    return null;
  }
}

/** `list`, `set` and `countDistinct`, which keep every value. Values are sorted, so that the order of arrival does not matter. */
class Collection implements Accumulator {
  readonly #distinct: boolean;
  readonly #finish: (values: readonly Value[]) => Value;
  readonly #values: Value[] = [];

  constructor(distinct: boolean, finish: (values: readonly Value[]) => Value) {
    this.#distinct = distinct;
    this.#finish = finish;
  }

  add(value: Value, times: number): boolean {
    for (let i = 0; i < times; i++) this.#values.push(value);
    return true;
  }

  result(): Value | undefined {
    const sorted = this.#values.toSorted(compare);
    const kept = this.#distinct
      ? sorted.filter((value, at) => at === 0 || !equal(value, sorted[at - 1] as Value))
      : sorted;
    return boundedExceptInCount(this.#finish(kept));
  }

  winner(): Value {
    return null;
  }
}
