import { parseIp } from "../plan/values/ip-address.ts";

const IPV4 = { header: 20, lengthAt: 2, hopsAt: 8, protocolAt: 9, addressesAt: 12 } as const;
const IPV6 = { header: 40, lengthAt: 4, hopsAt: 7, protocolAt: 6, addressesAt: 8 } as const;
const HOPS = 64;
/** Protocol number for experiments (RFC 3692), which no program handles specially. */
const PROTOCOL = 253;

/** Returns an IP packet of `length` bytes with an empty payload. Both addresses must be of one family. */
export function packetBetween(source: string, destination: string, length: number): Uint8Array {
  const from = parseIp(source) ?? new Uint8Array(4);
  const to = parseIp(destination) ?? new Uint8Array(4);
  const layout = from.length === 4 ? IPV4 : IPV6;
  const packet = new Uint8Array(length);
  packet[0] = from.length === 4 ? 0x45 : 0x60;
  new DataView(packet.buffer).setUint16(layout.lengthAt, from.length === 4 ? length : length - layout.header);
  packet[layout.hopsAt] = HOPS;
  packet[layout.protocolAt] = PROTOCOL;
  packet.set(from, layout.addressesAt);
  packet.set(to, layout.addressesAt + from.length);
  return packet;
}
