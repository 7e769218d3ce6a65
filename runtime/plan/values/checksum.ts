/**
 * Returns the effect of changed bytes on an Internet checksum: the sum of ~m + m' of RFC 1624 over the 16-bit words from `start` to `end`
 * that differ. Both arrays must hold this range. The range must begin and end at an even distance from the first byte that the checksum
 * covers.
 */
export function checksumChange(before: Uint8Array, after: Uint8Array, start: number, end: number): number {
  let change = 0;
  for (let at = start; at < end; at += 2) {
    const [m, changed] = [word(before, at), word(after, at)];
    if (m !== changed) change += (~m & 0xffff) + changed;
  }
  return change;
}

/** Applies a change to the checksum at `offset`. A wrong checksum stays wrong. */
export function amendChecksum(bytes: Uint8Array, offset: number, change: number): void {
  const checksum = amended(word(bytes, offset), change);
  bytes[offset] = checksum >> 8;
  bytes[offset + 1] = checksum & 0xff;
}

/**
 * Applies a change to a UDP checksum. In UDP the value 0 means that the packet has no checksum, and a checksum of 0 is written as 0xffff.
 */
export function amendUdpChecksum(bytes: Uint8Array, offset: number, change: number): void {
  if (word(bytes, offset) === 0) return;
  amendChecksum(bytes, offset, change);
  if (word(bytes, offset) === 0) bytes.fill(0xff, offset, offset + 2);
}

/** RFC 1624, equation 3: HC' = ~(~HC + ~m + m'). */
function amended(checksum: number, change: number): number {
  let sum = (~checksum & 0xffff) + change;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function word(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Returns the Internet checksum of the bytes from `start` to `end`. `sum` is the sum of other words that the checksum covers. */
export function checksumOf(bytes: Uint8Array, start: number, end: number, sum: number = 0): number {
  let total = sum;
  for (let at = start; at < end; at += 2) {
    total += ((bytes[at] as number) << 8) | (at + 1 < end ? (bytes[at + 1] as number) : 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
