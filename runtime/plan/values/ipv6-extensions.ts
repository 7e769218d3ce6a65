/** Upper-layer protocol of an IP packet. */
export interface UpperLayer {
  readonly protocol: number;
  /** Position of the byte with the protocol number. */
  readonly protocolAt: number;
  /** Start of the upper-layer header. */
  readonly payloadAt: number;
  /** Whether the packet is a fragment other than the first, and so does not start with the upper-layer header. */
  readonly isLaterFragment: boolean;
  /** Whether the packet is a fragment, the first or a later one, and so does not hold the whole upper-layer packet. */
  readonly isFragment: boolean;
  /** Whether a source route has hops left. Checksums then cover the final destination instead of the destination in the header. */
  readonly isSourceRouted: boolean;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;

const SKIPPED: ReadonlySet<number> = new Set([
  HOP_BY_HOP,
  ROUTING,
  FRAGMENT,
  AUTHENTICATION,
  DESTINATION_OPTIONS,
  MOBILITY,
  HOST_IDENTITY,
  SHIM6,
]);

/** Position of the next-header field in the fixed header, and length of the fixed header. */
const NEXT_HEADER_AT = 6;
const FIXED_LENGTH = 40;

/** Largest number of extension headers. Real packets have far fewer; an attacker could send long chains that are costly to read. */
const EXTENSIONS_MAX = 16;

/** Finds the upper layer behind the extension headers of a packet of `length` bytes. Returns undefined if a header does not fit. */
export function findUpperLayer(packet: Uint8Array, length: number): UpperLayer | undefined {
  let upper: UpperLayer = {
    protocol: byte(packet, NEXT_HEADER_AT),
    protocolAt: NEXT_HEADER_AT,
    payloadAt: FIXED_LENGTH,
    isLaterFragment: false,
    isFragment: false,
    isSourceRouted: false,
  };
  for (let count = 0; SKIPPED.has(upper.protocol) && !upper.isLaterFragment; count++) {
    const end = upper.payloadAt + extensionLength(packet, upper);
    if (count === EXTENSIONS_MAX || end > length) return undefined;
    upper = skip(packet, upper, end);
  }
  return upper;
}

function skip(
  packet: Uint8Array,
  { protocol, payloadAt, isFragment, isSourceRouted }: UpperLayer,
  end: number,
): UpperLayer {
  return {
    protocol: byte(packet, payloadAt),
    protocolAt: payloadAt,
    payloadAt: end,
    isLaterFragment: protocol === FRAGMENT && fragmentOffset(packet, payloadAt) !== 0,
    isFragment:
      isFragment || (protocol === FRAGMENT && (fragmentOffset(packet, payloadAt) !== 0 || hasMore(packet, payloadAt))),
    isSourceRouted: isSourceRouted || (protocol === ROUTING && byte(packet, payloadAt + 3) !== 0),
  };
}

/** Returns the length of an extension header. Most headers state their length in units of 8 bytes, without the first 8 bytes. */
function extensionLength(packet: Uint8Array, { protocol, payloadAt }: UpperLayer): number {
  const units = byte(packet, payloadAt + 1);
  if (protocol === FRAGMENT) return 8;
  return protocol === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
}

function fragmentOffset(packet: Uint8Array, at: number): number {
  return (byte(packet, at + 2) << 5) | (byte(packet, at + 3) >> 3);
}

function hasMore(packet: Uint8Array, at: number): boolean {
  return (byte(packet, at + 3) & 1) !== 0;
}

function byte(packet: Uint8Array, at: number): number {
  return packet[at] ?? 0;
}
