/** Counters of one element since the node started. Plain numbers, since they change with every tuple. */
export class ElementCounters<Reason extends string = string> {
  /** Number of units taken and given, in the units of the element's manual. */
  in = 0;
  out = 0;
  readonly dropped: Map<string, number> = new Map();
  /** Called for each drop. */
  onDrop: ((reason: string) => void) | undefined;

  drop(reason: Reason): void {
    this.onDrop?.(reason);
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }

  /** Adds the counts of the element that this one replaces. */
  addCountersOf(previous: ElementCounters): void {
    this.in += previous.in;
    this.out += previous.out;
    for (const [reason, count] of previous.dropped) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }
}
