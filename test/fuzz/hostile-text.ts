import type { RandomStream } from "../../runtime/world/random.ts";

/** Pieces that matter to the readers of requests, facts and files, and to JavaScript. */
const PIECES: readonly string[] = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  "(",
  ")",
  ",",
  ":",
  ".",
  "::",
  ":-",
  "@",
  "!",
  "<",
  ">",
  "\t",
  "\r",
  "\0",
  "\ufeff",
  "link",
  "RT",
  "ron",
  "ron::",
  '"10.0.0.1:1"',
  'b"0aff"',
  "0x1fI",
  "1e999",
  "-0",
  "9007199254740993",
  "infinity",

  "NaN",
  "null",
  "true",
  "__proto__",
  "constructor",
  "toString",
  "/*",
  "*/",
  "//",
  "#define A A",
  '#include "/dev/zero"',

  "periodic(_, 0)",
  "f_pow(9, 9)",
  "X",
  "_",
  "é",
  "😀",
  "\ud800",
  "\\ud800",
  "\\u0000",
  "x".repeat(300),
  "9".repeat(400),
];
const NESTING: readonly (readonly [open: string, close: string])[] = [
  ["[", "]"],
  ["(", ")"],
  ['{"a":', "}"],
  ["-", ""],
  ["o::", ""],
];

/** Returns text of random pieces. One in a hundred nests or repeats a piece, up to `longest` characters. */
export function hostileText(random: RandomStream, longest: number): string {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)] as T;
  if (random.integer(100) === 0) {
    const [open, close] = pick(NESTING);
    const depth = 1 + random.integer(Math.floor(longest / (open.length + close.length)));
    return open.repeat(depth) + "1" + close.repeat(depth);
  }
  if (random.integer(100) === 0) {
    const piece = pick(PIECES);
    return piece.repeat(1 + random.integer(Math.floor(longest / piece.length)));
  }
  return Array.from({ length: random.integer(12) }, () => pick(PIECES)).join("");
}

/** Returns the text with a piece put in, cut out or replaced. */
export function mutated(text: string, random: RandomStream): string {
  const at = random.integer(text.length + 1);
  const piece = PIECES[random.integer(PIECES.length)] as string;
  return text.slice(0, at) + (random.integer(3) === 0 ? "" : piece) + text.slice(at + random.integer(4));
}
