const PATTERN_MAX = 256;
const TEXT_MAX = 65_536;

const ANY_TEXT = 0x2a;
const ANY_CHARACTER = 0x3f;

const WORD_BITS = 32;

/**
 * Returns whether a pattern matches the whole text. `*` matches any text, `?` any one character, and every other character matches
 * itself. Takes a few operations on words for each character of the text and each 32 characters of the pattern, at most 20 ms. Returns
 * undefined if the pattern or the text is too long.
 */
export function matchesPattern(pattern: string, text: string): boolean | undefined {
  if (pattern.length > PATTERN_MAX || text.length > TEXT_MAX) return undefined;
  return accepts(automatonOf(pattern), text);
}

/**
 * Nondeterministic automaton of a pattern, as sets of bits (Baeza-Yates and Gonnet, 1992). State N: the first N characters of the pattern,
 * without its `*`, match the text so far.
 */
interface Automaton {
  /** Number of characters of the pattern, without its `*`: the accepting state. */
  readonly end: number;
  /** Number of words of a set of states. */
  readonly words: number;
  /** States in which any character may follow: those at a `*`. */
  readonly loops: Uint32Array;
  /** States from which a character leads to the next state. The first set is for characters that the pattern does not name. */
  readonly steps: Uint32Array;
  /** Start of the set of a named character in `steps`. */
  readonly starts: ReadonlyMap<number, number>;
}

function automatonOf(pattern: string): Automaton {
  const all = Array.from(pattern, (character) => character.codePointAt(0) as number);
  const named = new Set(all.filter((character) => character !== ANY_TEXT && character !== ANY_CHARACTER));
  // The states are one more than the characters.
  const words = Math.floor(all.length / WORD_BITS) + 1;
  const starts = new Map([...named].map((character, at) => [character, (at + 1) * words]));
  const loops = new Uint32Array(words);
  const steps = new Uint32Array((named.size + 1) * words);
  let state = 0;
  for (const character of all) {
    if (character === ANY_TEXT) {
      addState(loops, 0, state);
      continue;
    }
    const sets = character === ANY_CHARACTER ? [0, ...starts.values()] : [starts.get(character) as number];
    for (const start of sets) addState(steps, start, state);
    state++;
  }
  return { end: state, words, loops, steps, starts };
}

/** Adds a state to the set at `start`. */
function addState(sets: Uint32Array, start: number, state: number): void {
  const word = start + Math.floor(state / WORD_BITS);
  sets[word] = (sets[word] as number) | (1 << (state % WORD_BITS));
}

function accepts({ end, words, loops, steps, starts }: Automaton, text: string): boolean {
  const states = new Uint32Array(words);
  states[0] = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text.codePointAt(at) as number;
    if (character > 0xffff) at++;
    const start = starts.get(character) ?? 0;
    let carry = 0;
    let some = 0;
    for (let word = 0; word < words; word++) {
      const before = states[word] as number;
      const stepped = before & (steps[start + word] as number);
      const after = (stepped << 1) | carry | (before & (loops[word] as number));
      carry = stepped >>> (WORD_BITS - 1);
      some |= after;
      states[word] = after;
    }
    if (some === 0) return false;
  }
  return (((states[Math.floor(end / WORD_BITS)] as number) >>> (end % WORD_BITS)) & 1) === 1;
}
