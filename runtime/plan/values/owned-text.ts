/**
 * Returns a flat copy of a text. In V8 a substring refers to the whole text, such as the source of a program, and a concatenation
 * refers to its two parts. Both are slower to compare than flat strings, and addresses are compared for every packet.
 */
export function ownedText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** Length from which V8 represents a part of a text by a reference to the text. */
const REFERENCE_MIN = 13;

/** Returns a part of a text in memory of its own. Otherwise a row that holds the part would keep the whole text. */
export function ownedPart(text: string, part: string): string {
  return part.length < REFERENCE_MIN || part.length === text.length ? part : ownedText(part);
}
