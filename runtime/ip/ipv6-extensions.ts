/** What follows the fixed header of an IPv6 packet. */
export interface UpperLayer {
  readonly protocol: number;
  /** Where the byte is that names the protocol. */
  readonly protocolAt: number;
  /** Where the protocol's own bytes begin. */
  readonly payloadAt: number;
  /** A piece of a packet that is not its first: it begins in the midst of the protocol's bytes. */
  readonly isLaterFragment: boolean;
  /** A routing header has more to visit: the destination is not the one that checksums are made with. */
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

/** The byte of the fixed header that names what follows it, and where that is. */
const NEXT_HEADER_AT = 6;
const FIXED_LENGTH = 40;

/** No honest packet comes near it; a long chain of empty headers would cost more to read than to send. */
const EXTENSIONS_MAX = 16;

/** Skips the extension headers of a packet of `length` bytes; undefined when one of them does not fit. */
export function findUpperLayer(packet: Uint8Array, length: number): UpperLayer | undefined {
  let upper: UpperLayer = {
    protocol: byte(packet, NEXT_HEADER_AT),
    protocolAt: NEXT_HEADER_AT,
    payloadAt: FIXED_LENGTH,
    isLaterFragment: false,
    isSourceRouted: false,
  };
  for (let count = 0; SKIPPED.has(upper.protocol) && !upper.isLaterFragment; count++) {
    const end = upper.payloadAt + extensionLength(packet, upper);
    if (count === EXTENSIONS_MAX || end > length) return undefined;
    upper = skip(packet, upper, end);
  }
  return upper;
}

function skip(packet: Uint8Array, { protocol, payloadAt, isSourceRouted }: UpperLayer, end: number): UpperLayer {
  return {
    protocol: byte(packet, payloadAt),
    protocolAt: payloadAt,
    payloadAt: end,
    isLaterFragment: protocol === FRAGMENT && fragmentOffset(packet, payloadAt) !== 0,
    isSourceRouted: isSourceRouted || (protocol === ROUTING && byte(packet, payloadAt + 3) !== 0),
  };
}

/** Most say their length in units of 8 bytes after the first 8. */
function extensionLength(packet: Uint8Array, { protocol, payloadAt }: UpperLayer): number {
  const units = byte(packet, payloadAt + 1);
  if (protocol === FRAGMENT) return 8;
  return protocol === AUTHENTICATION ? (units + 2) * 4 : (units + 1) * 8;
}

function fragmentOffset(packet: Uint8Array, at: number): number {
  return (byte(packet, at + 2) << 5) | (byte(packet, at + 3) >> 3);
}

function byte(packet: Uint8Array, at: number): number {
  return packet[at] ?? 0;
}
