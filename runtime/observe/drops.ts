/** Counts what is dropped, by reason. One a node; every element that drops has it. */
export class Drops {
  readonly byReason: Map<string, number> = new Map();

  count(reason: string, amount = 1): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + amount);
  }
}
