/** Matches strings and comments. Strings may contain `//`, `%%` and `/*`. Unclosed strings end with the line, comments with the text. */
const STRINGS_AND_COMMENTS = /"(?:[^"\\\n\r]|\\[^\n\r])*"?|\/\/[^\n\r]*|%%[^\n\r]*|\/\*[^]*?(?:\*\/|$)/g;

/** Returns the text of statements with blanks in place of comments. Adds the full stop of the last statement if it is missing. */
export function withFullStop(text: string): string {
  const blanked = text.replace(STRINGS_AND_COMMENTS, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n\r]/g, " "),
  );
  return blanked.trimEnd().replace(/\.?$/, ".");
}
