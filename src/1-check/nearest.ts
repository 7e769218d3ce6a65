/** The name most like `wanted`, when one is near enough to be a slip of the hand. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  const limit = wanted.length < 4 ? 0 : wanted.length < 8 ? 1 : 2;
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, name);
    if (distance > 0 && distance <= limit && (best === undefined || distance < best.distance))
      best = { name, distance };
  }
  return best?.name;
}

/** The most similar name of the same overlay: the overlay's own name says nothing about how alike two are. */
export function nearestInOverlay(name: string, candidates: readonly string[]): string | undefined {
  const overlay = name.slice(0, name.lastIndexOf(".") + 1);
  const others = candidates.filter(
    (other) => other.lastIndexOf(".") + 1 === overlay.length && other.startsWith(overlay),
  );
  const similar = nearest(
    name.slice(overlay.length),
    others.map((other) => other.slice(overlay.length)),
  );
  return similar === undefined ? undefined : `${overlay}${similar}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(left: string, right: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      let distance = Math.min(at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + cost);
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwap) distance = Math.min(distance, at(twoBack, column - 2) + 1);
      current.push(distance);
    }
    twoBack = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] as number;
}
