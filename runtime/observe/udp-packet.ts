import { checksumOf } from "../plan/values/checksum.ts";
import { parseHostPort } from "../plan/values/host-port.ts";
import { parseIp } from "../plan/values/ip-address.ts";

/** Address and port of one end of a datagram. */
export interface UdpEnd {
  /** IP address: 4 or 16 bytes. */
  readonly host: Uint8Array;
  readonly port: number;
}

const UDP = 17;
const TTL = 64;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;

/** Parses `host:port`. Returns undefined if the host is a name. */
export function udpEnd(location: string): UdpEnd | undefined {
  const parsed = parseHostPort(location);
  if (!parsed.ok) return undefined;
  const { host, port } = parsed.at;
  const numeric = host === "localhost" ? "127.0.0.1" : host.split("%", 1)[0];
  const bytes = parseIp(numeric ?? "");
  return bytes && { host: bytes, port };
}

/** Builds the IP packet of a datagram, with valid checksums: IPv4 if both ends have IPv4 addresses, otherwise IPv6. */
export function udpPacket(from: UdpEnd, to: UdpEnd, payload: Uint8Array): Uint8Array {
  const isV4 = from.host.length === 4 && to.host.length === 4;
  const headers = isV4 ? IPV4_BYTES : IPV6_BYTES;
  const packet = new Uint8Array(headers + UDP_BYTES + payload.length);
  const view = new DataView(packet.buffer);
  if (isV4) writeIpv4(packet, view, from.host, to.host);
  else writeIpv6(packet, view, mapped(from.host), mapped(to.host));
  view.setUint16(headers, from.port);
  view.setUint16(headers + 2, to.port);
  view.setUint16(headers + 4, UDP_BYTES + payload.length);
  packet.set(payload, headers + UDP_BYTES);
  // The checksum covers the two addresses, the protocol number and the length. The addresses end where the UDP header begins.
  const addresses = isV4 ? 8 : 32;
  const sum = checksumOf(packet, headers - addresses, packet.length, UDP + UDP_BYTES + payload.length);
  view.setUint16(headers + 6, sum === 0 ? 0xffff : sum);
  return packet;
}

function writeIpv4(packet: Uint8Array, view: DataView, from: Uint8Array, to: Uint8Array): void {
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  packet[8] = TTL;
  packet[9] = UDP;
  packet.set(from, 12);
  packet.set(to, 16);
  view.setUint16(10, checksumOf(packet, 0, IPV4_BYTES));
}

function writeIpv6(packet: Uint8Array, view: DataView, from: Uint8Array, to: Uint8Array): void {
  packet[0] = 0x60;
  view.setUint16(4, packet.length - IPV6_BYTES);
  packet[6] = UDP;
  packet[7] = TTL;
  packet.set(from, 8);
  packet.set(to, 24);
}

/** Returns the IPv6 address; an IPv4 address becomes an IPv4-mapped one. */
function mapped(host: Uint8Array): Uint8Array {
  if (host.length === 16) return host;
  const address = new Uint8Array(16);
  address.fill(0xff, 10, 12);
  address.set(host, 12);
  return address;
}
