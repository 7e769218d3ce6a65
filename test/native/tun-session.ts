import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { amendChecksum, checksumChange } from "../../runtime/plan/values/checksum.ts";
import { parseCidr } from "../../runtime/ip/cidr.ts";
import { destinationText, type IpHeader, readHeader, rewriteHeader, sourceText } from "../../runtime/ip/ip-packet.ts";
import { openTun, type TunResult } from "../../runtime/device/tun.ts";
import type { Device } from "../../runtime/world/world.ts";

export interface Wanted {
  readonly name?: string;
  /** Default: 100.64.0.1/24. An empty text means no address. */
  readonly address?: string;
  readonly mtu?: number;
}

/** ICMP and ICMPv6: protocol number, and types of echo request and reply. */
const ECHO: Readonly<Record<number, readonly [request: number, reply: number]>> = { 1: [8, 0], 58: [128, 129] };

/** Opens a TUN interface, and prints a line if it disappears. */
export function open({ name, address = "100.64.0.1/24", mtu = 1400 }: Wanted = {}): TunResult {
  const lost = (code: string): void => print({ lost: code });
  const parsed = parseCidr(address);
  if (!parsed.ok && address !== "") return { ok: false, code: "EINVAL", message: parsed.message };
  return openTun({ name, address: parsed.ok ? parsed.cidr : undefined, mtu, onLost: lost });
}

/** Answers every ping, for all other hosts of the network of the interface. */
export function echo(tun: Device): void {
  tun.onPacket((packet) => {
    const reply = replyTo(packet);
    if (reply !== undefined) tun.write(reply);
  });
}

/** Writes packets that the kernel should refuse, and some that it may accept: random bytes after the version. */
export function hostile(tun: Device, packets: number): void {
  const generator = xoroshiro128plus(1);
  for (let i = 0; i < packets; i++) {
    const bytes = Uint8Array.from({ length: uniformInt(generator, 0, 100) }, () => uniformInt(generator, 0, 255));
    if (i % 2 === 0 && bytes.length > 0) bytes[0] = i % 4 === 0 ? 0x45 : 0x60;
    tun.write(bytes);
  }
}

/** Prints a value as a line of JSON, with maps as objects. */
export function print(value: unknown): void {
  const plain = (_: string, part: unknown): unknown => (part instanceof Map ? Object.fromEntries(part) : part);
  process.stdout.write(`${JSON.stringify(value, plain)}\n`);
}

function replyTo(packet: Uint8Array): Uint8Array | undefined {
  const header = readHeader(packet);
  const [request, reply] = ECHO[header?.protocol ?? -1] ?? [];
  if (header === undefined || reply === undefined || packet[header.payloadAt] !== request) return undefined;
  return answer(packet, header, reply);
}

function answer(packet: Uint8Array, header: IpHeader, type: number): Uint8Array | undefined {
  const ends = { source: destinationText(packet, header), destination: sourceText(packet, header) };
  const reply = rewriteHeader(packet, ends);
  if (reply === undefined) return undefined;
  const before = reply.slice();
  reply[header.payloadAt] = type;
  amendChecksum(reply, header.payloadAt + 2, checksumChange(before, reply, header.payloadAt, header.payloadAt + 2));
  return reply;
}
