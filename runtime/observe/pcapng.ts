/** Interface of a capture. Its packets begin with the IP header, or with an Ethernet header. */
export interface CapturedInterface {
  readonly name: string;
  readonly isEthernet?: boolean;
}

export interface CapturedPacket {
  /** Index of the interface. */
  readonly interface: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly way: "in" | "out";
  readonly bytes: Uint8Array;
  readonly comment?: string | undefined;
}

/** Link type of packets without a link layer header. */
const LINKTYPE_RAW = 101;
const LINKTYPE_ETHERNET = 1;

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const WHOLE_SECTION_UNKNOWN = 0xffff_ffff;

const OPTION_COMMENT = 1;
const OPTION_INTERFACE_NAME = 2;
const OPTION_PACKET_FLAGS = 2;
const OPTION_APPLICATION = 4;

const INBOUND = 1;
const OUTBOUND = 2;
const MICROSECONDS = 1e6;

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Returns the start of a capture in the pcapng format: the section header and a block per interface. */
export function captureHead(application: string, interfaces: readonly CapturedInterface[]): Uint8Array {
  const section = words(BYTE_ORDER_MAGIC, 1, WHOLE_SECTION_UNKNOWN, WHOLE_SECTION_UNKNOWN);
  return Buffer.concat([
    block(SECTION, [section], [text(OPTION_APPLICATION, application)]),
    ...interfaces.map(({ name, isEthernet }) =>
      block(
        INTERFACE,
        [words(isEthernet === true ? LINKTYPE_ETHERNET : LINKTYPE_RAW, 0)],
        [text(OPTION_INTERFACE_NAME, name)],
      ),
    ),
  ]);
}

/** Returns the block of one packet. */
export function capturedPacket({ interface: number, time, way, bytes, comment }: CapturedPacket): Uint8Array {
  const micros = Math.max(0, Math.round(time * MICROSECONDS));
  const head = words(number, Math.floor(micros / 2 ** 32), micros % 2 ** 32, bytes.length, bytes.length);
  const flags = { code: OPTION_PACKET_FLAGS, value: words(way === "in" ? INBOUND : OUTBOUND) };
  const options = comment === undefined ? [flags] : [flags, text(OPTION_COMMENT, comment)];
  return block(ENHANCED_PACKET, [head, padded(bytes)], options);
}

/** Returns a block: type, length, body, options, length. */
function block(type: number, body: readonly Uint8Array[], options: readonly Option[]): Uint8Array {
  const parts = [...body, ...options.map(optionBytes), words(0)];
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([words(type, length), ...parts, words(length)]);
}

function optionBytes({ code, value }: Option): Uint8Array {
  return Buffer.concat([words(code | (value.length << 16)), padded(value)]);
}

function text(code: number, value: string): Option {
  return { code, value: Buffer.from(value) };
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & 3;
  return missing === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(missing)]);
}

/** Returns 32-bit little-endian numbers. The byte order magic tells readers the byte order. */
function words(...numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (const [at, number] of numbers.entries()) view.setUint32(4 * at, number, true);
  return new Uint8Array(view.buffer);
}
