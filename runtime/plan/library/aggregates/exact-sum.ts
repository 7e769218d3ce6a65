/**
 * Sum of numbers that does not depend on their order: it is exact while numbers are added, and rounded once at the end
 * (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997).
 */
export class ExactSum {
  /**
   * Partial sums in ascending order of magnitude. Together they are exactly the sum of the finite numbers. No two of them have a bit of
   * the same weight.
   */
  #partials: number[] = [];
  /** Sum of the infinite numbers. NaN if both signs occurred. */
  #infinite = 0;
  #isIntegral = true;

  add(value: number): void {
    this.#isIntegral &&= Number.isSafeInteger(value);
    if (Number.isFinite(value)) this.#addFinite(value);
    else this.#infinite += value;
  }

  /** Returns undefined if all numbers are integers and their sum is not a safe integer, or if infinities of both signs occurred. */
  result(): number | undefined {
    const sum = this.#infinite === 0 ? this.#rounded() : this.#infinite;
    return Number.isNaN(sum) || (this.#isIntegral && !Number.isSafeInteger(sum)) ? undefined : sum;
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
    else this.#infinite += carried;
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
