/** Replaces timer numbers by E0, E1 and so on. The digits before the last six are random. */
export function withoutRandomDigits(text: string): string {
  return text.replaceAll(/(?<=[(, ])[1-9]\d{9}(0000\d\d)\b/g, (_, counted: string) => `E${Number(counted)}`);
}
