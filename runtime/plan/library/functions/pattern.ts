const PATTERN_MAX = 256;
const TEXT_MAX = 65_536;

const ANY_TEXT = "*";
const ANY_CHARACTER = "?";

/**
 * Returns whether a pattern matches the whole text. `*` matches any text, `?` any one character, and every other character matches
 * itself. Patterns have no further operators, so that a match takes at most pattern length times text length steps. Returns undefined if
 * the pattern or the text is too long.
 */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  if (pattern.length > PATTERN_MAX || text.length > TEXT_MAX) return undefined;
  return matches(Array.from(pattern), Array.from(text));
}

/** Backtracks only to the last `*`, which then matches one more character. An earlier `*` never needs to match more. */
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
