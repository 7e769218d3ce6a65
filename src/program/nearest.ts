/** Returns the name most similar to `wanted`, if it may be a typo or a misread character: `f_sha1` for `f_shal`. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  const known = [...names];
  return (
    known.find((name) => name !== wanted && printedForm(name) === printedForm(wanted)) ??
    nearestOf(wanted, wordsOf(known))
  );
}

/** Maps texts that look alike in print to the same text. */
function printedForm(text: string): string {
  return text.replaceAll(/[1I]/g, "l").replaceAll("0", "o");
}

/** Candidates for the correction of typos, grouped by overlay: names are compared without the overlay that they share. */
export class NearNames {
  readonly #byOverlay: ReadonlyMap<string, Words>;

  constructor(names: Iterable<string>) {
    const byOverlay = Map.groupBy(names, overlayOf);
    this.#byOverlay = new Map(
      [...byOverlay].map(([overlay, members]) => [overlay, wordsOf(members.map((name) => name.slice(overlay.length)))]),
    );
  }

  /** Returns the most similar name of the same overlay. */
  nearest(name: string): string | undefined {
    const overlay = overlayOf(name);
    const similar = nearestOf(name.slice(overlay.length), this.#byOverlay.get(overlay) ?? new Map());
    return similar === undefined ? undefined : `${overlay}${similar}`;
  }
}

/** The overlay prefix of a name, with its dot; empty without one. */
function overlayOf(name: string): string {
  return name.slice(0, name.lastIndexOf(".") + 1);
}

/** Words, grouped by the digits in them: `link1` and `link2` are members of a series, so neither is a typo of the other. */
type Words = ReadonlyMap<string, readonly Word[]>;

interface Word {
  readonly text: string;
  readonly letters: number;
}

function wordsOf(names: Iterable<string>): Words {
  const words = Array.from(names, (text) => ({ text, letters: lettersOf(text) }));
  return Map.groupBy(words, ({ text }) => digitsOf(text));
}

/** Returns the number of edits that a typo may have in a word of so many letters. */
function maxEdits(letters: number): number {
  if (letters < 4) return 0;
  return letters < 8 ? 1 : 2;
}

function digitsOf(text: string): string {
  return text.replaceAll(/\D+/g, " ");
}

function nearestOf(wanted: string, words: Words): string | undefined {
  const limit = maxEdits(wanted.replaceAll(/\d+/g, "").length);
  if (limit === 0) return undefined;
  const own = lettersOf(wanted);
  let best: { readonly text: string; readonly distance: number } | undefined;
  for (const { text, letters } of words.get(digitsOf(wanted)) ?? []) {
    if (Math.abs(text.length - wanted.length) > limit || text === wanted) continue;
    // One edit removes one letter and adds another, so distant words can be rejected by their sets of letters.
    if (bitsIn(letters ^ own) > 2 * limit) continue;
    const distance = editDistance(wanted, text);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { text, distance };
  }
  return best?.text;
}

/** Set of the letters in the text, one bit each. */
function lettersOf(text: string): number {
  let letters = 0;
  for (let at = 0; at < text.length; at++) letters |= 1 << (text.charCodeAt(at) & 31);
  return letters;
}

function bitsIn(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}

/** Edit distance (Damerau-Levenshtein): insertions, deletions, replacements and swaps of neighbouring letters. */
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
