/**
 * Returns a flat copy of a text. In V8 a substring refers to the whole text, such as the source of a program, and a concatenation
 * refers to its two parts. Both are slower to compare than flat strings, and addresses are compared for every packet.
 */
export function ownedText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
