/** TCP segment. Bytes are numbered from the initial sequence number, which is 0 in both directions. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Number of the first byte, modulo 2^32. */
  readonly sequence: number;
  /** Number of the next expected byte, modulo 2^32. Undefined without the flag ACK. */
  readonly acknowledged: number | undefined;
  readonly isSyn: boolean;
  readonly isFin: boolean;
  /** Receive window as in the header: unscaled in a SYN. */
  readonly window: number;
  /** Maximum segment size, only in a SYN. */
  readonly mss: number | undefined;
  /** Window scale, only in a SYN. */
  readonly scale: number | undefined;
  /** Length of the payload, whose bytes are all 0. */
  readonly length: number;
}

export const TCP_HEADER_BYTES = 20;
/** Options MSS and window scale, padded to a multiple of four bytes. */
const SYN_OPTION_BYTES = 8;
const FIN = 1;
const SYN = 2;
const ACK = 16;

/** Returns the segment with a checksum of 0. */
export function writeSegment(segment: TcpSegment): Uint8Array {
  const header = TCP_HEADER_BYTES + (segment.isSyn ? SYN_OPTION_BYTES : 0);
  const bytes = new Uint8Array(header + segment.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledged ?? 0);
  view.setUint8(12, (header / 4) << 4);
  const flags = (segment.isFin ? FIN : 0) | (segment.isSyn ? SYN : 0) | (segment.acknowledged === undefined ? 0 : ACK);
  view.setUint8(13, flags);
  view.setUint16(14, segment.window);
  if (segment.isSyn) {
    view.setUint32(20, (2 << 24) | (4 << 16) | (segment.mss ?? 0));
    view.setUint32(24, (3 << 24) | (3 << 16) | ((segment.scale ?? 0) << 8));
  }
  return bytes;
}

/** Reads a segment. Returns undefined if its header exceeds the bytes. */
export function readSegment(bytes: Uint8Array): TcpSegment | undefined {
  if (bytes.length < TCP_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = (view.getUint8(12) >> 4) * 4;
  if (header < TCP_HEADER_BYTES || header > bytes.length) return undefined;
  const flags = view.getUint8(13);
  const isSyn = (flags & SYN) !== 0;
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledged: (flags & ACK) === 0 ? undefined : view.getUint32(8),
    isSyn,
    isFin: (flags & FIN) !== 0,
    window: view.getUint16(14),
    ...(isSyn ? readOptions(bytes.subarray(TCP_HEADER_BYTES, header)) : { mss: undefined, scale: undefined }),
    length: bytes.length - header,
  };
}

function readOptions(options: Uint8Array): Pick<TcpSegment, "mss" | "scale"> {
  let mss: number | undefined;
  let scale: number | undefined;
  for (let at = 0; at < options.length && options[at] !== 0; ) {
    if (options[at] === 1) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) break;
    if (options[at] === 2 && length === 4) mss = ((options[at + 2] ?? 0) << 8) | (options[at + 3] ?? 0);
    if (options[at] === 3 && length === 3) scale = options[at + 2];
    at += length;
  }
  return { mss, scale };
}

const MODULUS = 2 ** 32;

/** Returns the full number nearest to `near` whose lower 32 bits are `short`. */
export function fullNumber(short: number, near: number): number {
  return short + Math.round((near - short) / MODULUS) * MODULUS;
}

/** Returns the lower 32 bits of a full number. */
export function shortNumber(full: number): number {
  return full % MODULUS;
}
