/**
 * A sum of numbers that is the same whatever the order they come in: exact as long as it is added to, rounded once at the
 * end (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997).
 */
export class ExactSum {
  /** Their sum is the sum; no two have a bit of the same weight, and the greater come later. */
  #partials: number[] = [];
  /** What infinities add up to, NaN when they contradict each other. */
  #infinite = 0;
  #isWhole = true;

  add(value: number): void {
    this.#isWhole &&= Number.isSafeInteger(value);
    if (Number.isFinite(value)) this.#addFinite(value);
    else this.#infinite += value;
  }

  /** Undefined where whole numbers have a sum that is not exact, and where infinities of both signs meet. */
  result(): number | undefined {
    const sum = this.#infinite === 0 ? this.#rounded() : this.#infinite;
    return Number.isNaN(sum) || (this.#isWhole && !Number.isSafeInteger(sum)) ? undefined : sum;
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

  /** From the greatest down, until something is lost; where that is exactly half a bit, the rest says which way to go. */
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
