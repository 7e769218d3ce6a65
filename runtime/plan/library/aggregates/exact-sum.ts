/**
 * Sum of numbers that does not depend on their order: it is exact while numbers are added and removed, and rounded once at the end
 * (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997).
 */
export class ExactSum {
  /**
   * Partial sums in ascending order of magnitude. Together they are exactly the sum of the finite numbers. No two of them have a bit of
   * the same weight.
   */
  #partials: number[] = [];
  /** Sum of the partials that exceeded the range of numbers. 0 while the sum is exact. */
  #overflow = 0;
  #positiveInfinities = 0;
  #negativeInfinities = 0;
  #nans = 0;
  /** How many of the numbers are not safe integers. */
  #inexact = 0;

  /** Whether a partial sum exceeded the range of numbers. The sum is then infinite, and `remove` cannot make it finite again. */
  get hasOverflowed(): boolean {
    return this.#overflow !== 0;
  }

  add(value: number): void {
    this.#change(value, 1);
  }

  /** Removes a number that was added. The sum has not overflowed. */
  remove(value: number): void {
    this.#change(value, -1);
  }

  /** Returns undefined if all numbers are integers and their sum is not a safe integer, or if infinities of both signs occurred. */
  result(): number | undefined {
    const infinite = this.#infinite();
    const sum = infinite === 0 ? this.#rounded() : infinite;
    return Number.isNaN(sum) || (this.#inexact === 0 && !Number.isSafeInteger(sum)) ? undefined : sum;
  }

  #change(value: number, sign: 1 | -1): void {
    if (!Number.isSafeInteger(value)) this.#inexact += sign;
    if (Number.isFinite(value)) this.#addFinite(value * sign);
    else if (value === Infinity) this.#positiveInfinities += sign;
    else if (value === -Infinity) this.#negativeInfinities += sign;
    else this.#nans += sign;
  }

  /** Returns the sum of all that is not finite: 0 if nothing is, NaN if both signs or NaN occurred. */
  #infinite(): number {
    let sum = this.#overflow;
    if (this.#positiveInfinities > 0) sum += Infinity;
    if (this.#negativeInfinities > 0) sum -= Infinity;
    return this.#nans > 0 ? NaN : sum;
  }

  #addFinite(value: number): void {
    let carried = value;
    const partials: number[] = [];
    for (const partial of this.#partials) {
      const [large, small] = Math.abs(carried) < Math.abs(partial) ? [partial, carried] : [carried, partial];
      carried = large + small;
      const lost = small - (carried - large);
      if (lost !== 0) partials.push(lost);
    }
    if (Number.isFinite(carried)) this.#partials = [...partials, carried];
    else this.#overflow += carried;
  }

  /**
   * Adds the partials from the largest down until a rounding error occurs. If the error is exactly half a unit in the last place, the
   * sign of the next partial decides the direction of rounding.
   */
  #rounded(): number {
    const partials = this.#partials;
    let at = partials.length - 1;
    let sum = partials[at] ?? 0;
    let lost = 0;
    while (at > 0 && lost === 0) {
      const partial = partials[--at] as number;
      const next = sum + partial;
      lost = partial - (next - sum);
      sum = next;
    }
    const rest = at > 0 ? (partials[at - 1] as number) : 0;
    if (lost === 0 || Math.sign(lost) !== Math.sign(rest)) return sum;
    const up = sum + lost * 2;
    return up - sum === lost * 2 ? up : sum;
  }
}
