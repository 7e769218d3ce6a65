/** The text with the numbers of timers written as E0, E1 and so on: what stands before their last six digits is drawn. */
export function withoutDrawnNumbers(text: string): string {
  return text.replaceAll(/(?<=[(, ])[1-9]\d{9}(0000\d\d)\b/g, (_, counted: string) => `E${Number(counted)}`);
}
