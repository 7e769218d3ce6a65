const PATTERN_MAX = 256;
const TEXT_MAX = 65_536;
/** Largest product of the two lengths: number of steps that take less than 50 ms. */
const STEPS_MAX: number = 2 ** 22;

const ANY_TEXT = 0x2a;
const ANY_CHARACTER = 0x3f;

/**
 * Returns whether a pattern matches the whole text. `*` matches any text, `?` any one character, and every other character matches
 * itself. Patterns have no further operators, so that a match takes at most pattern length times text length steps. Returns undefined if
 * the pattern, the text, or the product of their lengths is too long.
 */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  if (pattern.length > PATTERN_MAX || text.length > TEXT_MAX) return undefined;
  if (pattern.length * text.length > STEPS_MAX) return undefined;
  return matches(codePoints(pattern), codePoints(text));
}

/** Numbers compare many times as fast as strings of one character. */
function codePoints(text: string): Uint32Array {
  const points = new Uint32Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const point = text.codePointAt(at) as number;
    points[count] = point;
    at += point > 0xffff ? 2 : 1;
  }
  return points.subarray(0, count);
}

/** Backtracks only to the last `*`, which then matches one more character. An earlier `*` never needs to match more. */
function matches(pattern: Uint32Array, text: Uint32Array): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let next = 0; next < text.length; next++) {
    if (at < pattern.length && pattern[at] === ANY_TEXT) {
      star = at++;
      taken = next--;
    } else if (at < pattern.length && (pattern[at] === ANY_CHARACTER || pattern[at] === text[next])) {
      at++;
    } else {
      if (star < 0) return false;
      at = star + 1;
      next = taken++;
    }
  }
  return pattern.subarray(at).every((character) => character === ANY_TEXT);
}
