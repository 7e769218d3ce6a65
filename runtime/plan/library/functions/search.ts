/**
 * Search of a text in a text. V8 compares at each position as many characters as agree, which takes seconds for two long texts that agree
 * almost everywhere, so long texts are searched by the algorithm of Knuth, Morris and Pratt (1977) instead.
 */

/** Largest product of the lengths for which V8 searches. */
const PRODUCT_MAX: number = 2 ** 24;

/** Returns the position of the first occurrence, in UTF-16 units; -1 if there is none. */
export function indexOf(text: string, part: string): number {
  return isShort(text, part) ? text.indexOf(part) : (positions(text, part, 1)[0] ?? -1);
}

/** Returns the parts of a text between the occurrences of a separator, which is not empty. */
export function splitBy(text: string, separator: string): string[] {
  if (isShort(text, separator)) return text.split(separator);
  const ends = [...positions(text, separator, Infinity), text.length];
  return ends.map((end, at) => text.slice(at === 0 ? 0 : (ends[at - 1] as number) + separator.length, end));
}

function isShort(text: string, part: string): boolean {
  return text.length * part.length <= PRODUCT_MAX;
}

/** Returns the positions of the first occurrences that do not overlap. `part` is not empty. */
function positions(text: string, part: string, most: number): number[] {
  const borders = bordersOf(part);
  const found: number[] = [];
  let matched = 0;
  for (let at = 0; at < text.length && found.length < most; at++) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && part.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
    if (part.charCodeAt(matched) === unit) matched++;
    if (matched < part.length) continue;
    found.push(at + 1 - part.length);
    matched = 0;
  }
  return found;
}

/** Returns for each beginning of the text the length of its longest other beginning that is also its end. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let border = 0;
  for (let at = 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (border > 0 && text.charCodeAt(border) !== unit) border = borders[border - 1] as number;
    if (text.charCodeAt(border) === unit) border++;
    borders[at] = border;
  }
  return borders;
}
