/** Lines of text that carry encoded tuples from user to user, or stand in files: base64url without padding (RFC 4648). */

const LINE = /^[A-Za-z0-9_-]*$/;

export function formatLine(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/**
 * Parses a line. White space is ignored anywhere, since mail programs break long lines. Returns undefined for a text of more than
 * `bytesMax` bytes, and for one that `formatLine` does not return.
 */
export function parseLine(text: string, bytesMax: number): Uint8Array | undefined {
  const line = text.replace(/\s+/g, "");
  if (line.length > Math.ceil((bytesMax * 4) / 3) || !LINE.test(line)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(line, "base64url"));
  return formatLine(bytes) === line ? bytes : undefined;
}
