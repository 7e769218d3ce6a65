const PATTERN_MAX = 256;
const TEXT_MAX = 65_536;

const ANY_TEXT = "*";
const ANY_CHARACTER = "?";

/**
 * Whether the whole text is as the pattern says: `*` stands for any text, `?` for one character, all else for itself.
 * There is no more to it than this, so that no pattern takes longer than its length times that of the text; undefined
 * when one of them is too long for that.
 */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  if (pattern.length > PATTERN_MAX || text.length > TEXT_MAX) return undefined;
  return matches(Array.from(pattern), Array.from(text));
}

/** On a mismatch only the last `*` has to take one character more: what an earlier one took stays right. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let next = 0; next < text.length; next++) {
    if (pattern[at] === ANY_TEXT) {
      star = at++;
      taken = next--;
    } else if (pattern[at] === ANY_CHARACTER || pattern[at] === text[next]) {
      at++;
    } else {
      if (star < 0) return false;
      at = star + 1;
      next = taken++;
    }
  }
  return pattern.slice(at).every((character) => character === ANY_TEXT);
}
