/**
 * Functions that make text from outside safe to print. Names of peers, values, file names, messages of the kernel and log lines of other
 * processes may hold control characters, which a terminal would execute, line breaks, which would forge lines, and bidirectional
 * controls, which reorder what a reader sees. Every output of Mosaic escapes them with a function of this file.
 */

/** Control characters, line and paragraph separators, bidirectional controls, invisible characters, and surrogates without a partner. */
const UNPRINTABLE =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const UNPRINTABLE_IN_LINES = new RegExp(`(?![\\n\\t])${UNPRINTABLE.source}`, "gu");
/** A sequence that sets colours, or an unprintable character. */
const COLOUR_OR_UNPRINTABLE = new RegExp(`\\u001b\\[[0-9;]*m|${UNPRINTABLE_IN_LINES.source}`, "gu");
/** Characters of UNPRINTABLE that `JSON.stringify` leaves as they are. */
const RAW_IN_JSON = new RegExp(`(?![\\u0000-\\u001f])${UNPRINTABLE.source}`, "gu");

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A quote, a backslash, or an unprintable character, each of which a string literal escapes. */
const ESCAPED_IN_LITERALS = new RegExp(`["\\\\]|${UNPRINTABLE.source}`, "gu");
/** Matches texts that need no escape, which is a quick test. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Returns a string literal without unprintable characters that the grammar reads as the text. */
export function stringLiteral(text: string): string {
  return `"${PLAIN.test(text) ? text : text.replace(ESCAPED_IN_LITERALS, escapedInLiteral)}"`;
}

/** Whether a text holds unprintable characters other than line breaks and tabs. */
export function hasUnprintable(text: string): boolean {
  return !PLAIN.test(text) && text.search(UNPRINTABLE_IN_LINES) >= 0;
}

/** Returns the text on one line, with escape sequences in place of unprintable characters. The result is cut after `longest` characters. */
export function printable(text: string, longest: number = Infinity): string {
  return cut(text, longest).replace(UNPRINTABLE, escaped);
}

/** As `printable`, but line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, escaped);
}

/** As `printableLines`, but colours stay too, for text that Mosaic has coloured. */
export function printableColoured(text: string): string {
  return text.replace(COLOUR_OR_UNPRINTABLE, (found) =>
    found.length > 2 && found.endsWith("m") ? found : escaped(found),
  );
}

/** Escapes in JSON text the unprintable characters that `JSON.stringify` leaves. The text keeps its meaning. */
export function printableJson(json: string): string {
  return json.replace(RAW_IN_JSON, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

function escapedInLiteral(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  return character === "\f" ? "\\f" : escaped(character);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xff) return `\\u{${code.toString(16)}}`;
  return NAMED[character] ?? `\\x${code.toString(16).padStart(2, "0").toUpperCase()}`;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}
