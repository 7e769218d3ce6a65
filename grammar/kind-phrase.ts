/** Returns the name of a kind of values with its article: "a string", "an id", "bytes". */
export function kindPhrase(kind: string): string {
  if (kind === "bytes" || kind === "null") return kind;
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
}
