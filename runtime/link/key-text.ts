/** Text form of keys, the one of `wg`: 32 bytes as 44 characters of base64. */
export const KEY_BYTES = 32;

const KEY_TEXT = /^[A-Za-z0-9+/]{43}=$/;

export function formatKey(key: Uint8Array): string {
  return Buffer.from(key).toString("base64");
}

/** Parses a key. Returns undefined for any text that `formatKey` does not return. */
export function parseKey(text: string): Uint8Array | undefined {
  if (!KEY_TEXT.test(text)) return undefined;
  const key = Uint8Array.from(Buffer.from(text, "base64"));
  return formatKey(key) === text ? key : undefined;
}
