/**
 * Headers of Ethernet frames. Tap::Rx reads them to give a frame's addresses and type to the rules; Tap::Tx rewrites a header when rules
 * have changed one of its fields.
 */

/** New values for header fields. */
export interface FrameChanges {
  readonly source?: string;
  readonly destination?: string;
  readonly type?: number;
}

/** Length of the header: destination, source, type. A tag of a VLAN is payload here. */
export const ETHERNET_HEADER = 14;

const SOURCE_AT = 6;
const TYPE_AT = 12;
const MAC_LENGTH = 6;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

/** Returns the source address of a frame with a complete header, as text: `02:00:00:00:00:0a`. */
export function frameSource(frame: Uint8Array): string {
  return macText(frame, SOURCE_AT);
}

/** Returns the destination address of a frame with a complete header, as text. */
export function frameDestination(frame: Uint8Array): string {
  return macText(frame, 0);
}

/** Returns the EtherType of a frame with a complete header, such as 0x0806 for ARP, or its length if the number is at most 1500. */
export function frameType(frame: Uint8Array): number {
  return ((frame[TYPE_AT] ?? 0) << 8) | (frame[TYPE_AT + 1] ?? 0);
}

/** Returns a copy of a frame with new header values. Returns undefined if the frame has no complete header, or a value is not valid. */
export function rewriteFrame(frame: Uint8Array, { source, destination, type }: FrameChanges): Uint8Array | undefined {
  if (frame.length < ETHERNET_HEADER) return undefined;
  const rewritten = new Uint8Array(frame);
  if (!putMac(rewritten, SOURCE_AT, source) || !putMac(rewritten, 0, destination)) return undefined;
  if (type === undefined) return rewritten;
  if (!Number.isInteger(type) || type < 0 || type > 0xffff) return undefined;
  rewritten[TYPE_AT] = type >> 8;
  rewritten[TYPE_AT + 1] = type & 0xff;
  return rewritten;
}

/** Returns the canonical text of the address at `at`: lower-case digits with colons. */
function macText(frame: Uint8Array, at: number): string {
  const hex = Buffer.from(frame.buffer, frame.byteOffset + at, MAC_LENGTH).toString("hex");
  return `${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}:${hex.slice(6, 8)}:${hex.slice(8, 10)}:${hex.slice(10)}`;
}

function putMac(frame: Uint8Array, at: number, text: string | undefined): boolean {
  if (text === undefined) return true;
  if (!MAC.test(text)) return false;
  frame.set(Buffer.from(text.replaceAll(":", ""), "hex"), at);
  return true;
}
