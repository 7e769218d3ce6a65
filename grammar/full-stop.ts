/** A string, which may hold the marks of comments, or a comment. Without an end it extends to the end of its line, or of the text. */
const STRINGS_AND_COMMENTS = /"(?:[^"\\\n\r]|\\[^\n\r])*"?|\/\/[^\n\r]*|%%[^\n\r]*|\/\*[^]*?(?:\*\/|$)/g;

/** Returns the text of statements with blanks in place of comments, and with the full stop of the last one, which may be missing. */
export function withFullStop(text: string): string {
  const blanked = text.replace(STRINGS_AND_COMMENTS, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n\r]/g, " "),
  );
  return blanked.trimEnd().replace(/\.?$/, ".");
}
