/**
 * Priority queue of items by time. Items with equal times leave in the order in which they were added. A binary heap on
 * (time, sequence); the keys are in separate arrays, so that sifting compares numbers without touching items.
 */
export class Calendar<Item> {
  readonly #times: number[] = [];
  readonly #sequences: number[] = [];
  readonly #items: Item[] = [];
  #added = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Time of the next item; Infinity when there is none. */
  get nextTime(): number {
    return this.#times[0] ?? Infinity;
  }

  add(time: number, item: Item): void {
    this.#rise(this.#items.length, time, this.#added++, item);
  }

  /** The items in the order in which they will leave. */
  get items(): readonly Item[] {
    const order = [...this.#items.keys()].sort((one, other) => (this.#comesAfter(one, other) ? 1 : -1));
    return order.map((at) => this.#items[at] as Item);
  }

  /** Removes and returns the next item. */
  take(): Item | undefined {
    const first = this.#items[0];
    const item = this.#items.pop();
    const time = this.#times.pop();
    const sequence = this.#sequences.pop();
    if (item === undefined || time === undefined || sequence === undefined) return undefined;
    if (this.#items.length > 0) this.#sink(time, sequence, item);
    return first;
  }

  /** Removes the items that are not wanted. The order of the others does not change. */
  retain(isWanted: (item: Item) => boolean): void {
    const kept = this.#items.flatMap((item, at) =>
      isWanted(item) ? [{ time: this.#times[at] as number, sequence: this.#sequences[at] as number, item }] : [],
    );
    this.#times.length = this.#sequences.length = this.#items.length = 0;
    for (const { time, sequence, item } of kept) this.#rise(this.#items.length, time, sequence, item);
  }

  #rise(from: number, time: number, sequence: number, item: Item): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, time, sequence)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, sequence, item);
  }

  #sink(time: number, sequence: number, item: Item): void {
    const { length } = this.#items;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && this.#comesAfter(child, child + 1)) child++;
      if (this.#isAfter(child, time, sequence)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, time, sequence, item);
  }

  #isAfter(at: number, time: number, sequence: number): boolean {
    const other = this.#times[at] as number;
    return other > time || (other === time && (this.#sequences[at] as number) > sequence);
  }

  #comesAfter(at: number, other: number): boolean {
    return this.#isAfter(at, this.#times[other] as number, this.#sequences[other] as number);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#sequences[from] as number, this.#items[from] as Item);
  }

  #put(at: number, time: number, sequence: number, item: Item): void {
    this.#times[at] = time;
    this.#sequences[at] = sequence;
    this.#items[at] = item;
  }
}
