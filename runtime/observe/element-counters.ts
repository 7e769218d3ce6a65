/** What has passed one element since the node started: plain numbers, since they are changed for every tuple. */
export class ElementCounters {
  /** What came in and what left, in the units of the element's header. */
  in = 0;
  out = 0;
  readonly dropped: Map<string, number> = new Map();
  /** Told of each drop. */
  onDrop: ((reason: string) => void) | undefined;

  drop(reason: string): void {
    this.onDrop?.(reason);
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
  /** Counts on from what another has counted. */
  addCountersOf(before: ElementCounters): void {
    this.in += before.in;
    this.out += before.out;
    for (const [reason, count] of before.dropped) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }
}
