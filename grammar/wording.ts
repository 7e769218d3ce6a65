/** Message of one sentence, with an optional help line about what to write instead. */
export type Wording = string | { readonly message: string; readonly help: string | undefined };

const MAX_QUOTE_LENGTH = 40;

/** Shortens a quotation from the program, which may be of any length. */
export function brief(text: string): string {
  return text.length > MAX_QUOTE_LENGTH ? `${text.slice(0, MAX_QUOTE_LENGTH - 2)}..` : text;
}
