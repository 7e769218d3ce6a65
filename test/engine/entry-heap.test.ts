import fc from "fast-check";
import { expect, test } from "vitest";
import { EntryHeap } from "../../runtime/engine/derived/entry-heap.ts";
import type { GroupEntry } from "../../runtime/engine/derived/group-entry.ts";

function heap(): EntryHeap {
  return new EntryHeap((one, other) => (one.values[0] as number) < (other.values[0] as number));
}

function entry(value: number, count = 1): GroupEntry {
  return { values: [value], count };
}

test("the best entry is the least of those that are counted, whatever is added and removed", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (changes) => {
      const entries = Array.from({ length: 21 }, (_, value) => entry(value, 0));
      const tried = heap();
      for (const at of changes) {
        const one = entries[at] as GroupEntry;
        one.count = 1 - one.count;
        if (one.count === 1) tried.add(one);
        else tried.noteRemoved();
        expect(tried.best()).toBe(entries.find(({ count }) => count > 0));
      }
    }),
  );
});

test("a heap that shrinks gives its memory back", () => {
  const tried = heap();
  const entries = Array.from({ length: 10_000 }, (_, value) => entry(value));
  for (const one of entries) tried.add(one);
  for (const one of entries.slice(1)) {
    one.count = 0;
    tried.noteRemoved();
  }
  expect(tried.size).toBeLessThan(20);
  expect(tried.best()).toBe(entries[0]);
});
