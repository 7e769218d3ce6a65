/**
 * What the change of the bytes from `start` to `end` does to an Internet checksum over them: the sum of ~m + m' of RFC 1624
 * over the words that differ. Both arrays hold that range, and it begins and ends at an even distance from the first
 * summed byte.
 */
export function checksumChange(before: Uint8Array, after: Uint8Array, start: number, end: number): number {
  let change = 0;
  for (let at = start; at < end; at += 2) {
    const [m, changed] = [word(before, at), word(after, at)];
    if (m !== changed) change += (~m & 0xffff) + changed;
  }
  return change;
}

/** Brings the checksum at `offset` up to date: a right one stays right, a wrong one wrong. */
export function amendChecksum(bytes: Uint8Array, offset: number, change: number): void {
  const checksum = amended(word(bytes, offset), change);
  bytes[offset] = checksum >> 8;
  bytes[offset + 1] = checksum & 0xff;
}

/** The same for UDP, where 0 says that there is no checksum and a sum of 0 is written as its other form. */
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

/** The Internet checksum of the bytes from `start` to `end` together with what `sum` has added up already. */
export function checksumOf(bytes: Uint8Array, start: number, end: number, sum: number = 0): number {
  let total = sum;
  for (let at = start; at < end; at += 2) {
    total += ((bytes[at] as number) << 8) | (at + 1 < end ? (bytes[at + 1] as number) : 0);
  }
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
