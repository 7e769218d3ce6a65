/** Length of the header of a datagram: two magic bytes, the version, the flags. */
export const HEADER_BYTES = 4;
export const MAGIC_FIRST = 0x4d;
export const MAGIC_SECOND = 0x5a;
export const VERSION = 1;

/** Flag of a datagram that is a fragment. All other flags are reserved. */
export const FRAGMENT_FLAG = 1;

export type HeaderRefusal = "too short" | "magic" | "version" | "reserved flag";

/** Returns the reason for which the header of a datagram is not valid, or undefined if it is. */
export function headerRefusal(bytes: Uint8Array): HeaderRefusal | undefined {
  if (bytes.length < HEADER_BYTES) return "too short";
  if (bytes[0] !== MAGIC_FIRST || bytes[1] !== MAGIC_SECOND) return "magic";
  if (bytes[2] !== VERSION) return "version";
  return ((bytes[3] as number) & ~FRAGMENT_FLAG) === 0 ? undefined : "reserved flag";
}

export function isFragment(bytes: Uint8Array): boolean {
  return headerRefusal(bytes) === undefined && bytes[3] === FRAGMENT_FLAG;
}

export function writeHeader(bytes: Uint8Array, flags: number): void {
  bytes[0] = MAGIC_FIRST;
  bytes[1] = MAGIC_SECOND;
  bytes[2] = VERSION;
  bytes[3] = flags;
}
