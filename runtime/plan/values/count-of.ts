/** Returns a number with its noun in singular or plural: `1 ping`, `2 pings`, `0 entries`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
