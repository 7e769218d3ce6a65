/** The messages of rtnetlink(7) about devices and addresses, as `netlinkDump` of the addon returns them. */
import { endianness } from "node:os";
import { formatIp } from "../plan/values/ip-address.ts";
import type { HostAddress } from "../world/host-addresses.ts";

const IS_LITTLE: boolean = endianness() === "LE";

const HEADER = 16;
const NEW_LINK = 16;
const NEW_ADDRESS = 20;

/** Lengths of the fixed part of a message about a device, and about an address. */
const LINK = 16;
const ADDRESS = 8;

const LINK_NAME = 3;
const ADDRESS_OF_PEER = 1;
const ADDRESS_LOCAL = 2;
const ADDRESS_FLAGS = 8;
const TYPE_MASK = 0x3fff;

/** Flags of a device that is up and can send. */
const UP_AND_RUNNING: number = 0x1 | 0x40;
const SCOPE_GLOBAL = 0;
const DUPLICATE = 0x8;
const OPTIMISTIC = 0x4;
const TENTATIVE = 0x40;

/** Returns the addresses of global scope on devices that are up and running, in the order of the messages. Malformed parts are skipped. */
export function hostAddressesIn(bytes: Uint8Array): readonly HostAddress[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const devices = new Map<number, string>();
  const addresses: HostAddress[] = [];
  for (const { type, start, end } of parts(view, 0, bytes.length, HEADER, readMessage)) {
    if (type === NEW_LINK && end - start >= LINK) readDevice(view, start, end, devices);
    if (type === NEW_ADDRESS && end - start >= ADDRESS) {
      const ip = readAddress(view, start, end);
      const device = devices.get(view.getUint32(start + 4, IS_LITTLE));
      if (ip !== undefined && device !== undefined) addresses.push({ device, ip });
    }
  }
  return addresses;
}

/** A message or an attribute: its type, and where its content lies. */
interface Part {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

interface PartHeader {
  readonly length: number;
  readonly type: number;
}

/** Iterates over parts that lie one after the other, each at a multiple of 4 bytes. Ends at a part that does not fit. */
function* parts(
  view: DataView,
  from: number,
  to: number,
  header: number,
  read: (view: DataView, at: number) => PartHeader,
): Generator<Part> {
  for (let at = from; at + header <= to; ) {
    const { length, type } = read(view, at);
    if (length < header || at + length > to) return;
    yield { type, start: at + header, end: at + length };
    at += (length + 3) & ~3;
  }
}

function readMessage(view: DataView, at: number): PartHeader {
  return { length: view.getUint32(at, IS_LITTLE), type: view.getUint16(at + 4, IS_LITTLE) };
}

function readAttribute(view: DataView, at: number): PartHeader {
  return { length: view.getUint16(at, IS_LITTLE), type: view.getUint16(at + 2, IS_LITTLE) & TYPE_MASK };
}

const ATTRIBUTE = 4;

function attributes(view: DataView, from: number, to: number): ReadonlyMap<number, Part> {
  return new Map([...parts(view, from, to, ATTRIBUTE, readAttribute)].map((part) => [part.type, part]));
}

function readDevice(view: DataView, start: number, end: number, devices: Map<number, string>): void {
  const name = attributes(view, start + LINK, end).get(LINK_NAME);
  if (name === undefined || (view.getUint32(start + 8, IS_LITTLE) & UP_AND_RUNNING) !== UP_AND_RUNNING) return;
  devices.set(view.getUint32(start + 4, IS_LITTLE), bytesOf(view, name).toString("latin1").replace(/\0.*/s, ""));
}

/** Returns the address as text; undefined if its scope is not global, or if it cannot be used yet. */
function readAddress(view: DataView, start: number, end: number): string | undefined {
  const found = attributes(view, start + ADDRESS, end);
  const address = found.get(ADDRESS_LOCAL) ?? found.get(ADDRESS_OF_PEER);
  const flags = found.get(ADDRESS_FLAGS);
  if (address === undefined || view.getUint8(start + 3) !== SCOPE_GLOBAL) return undefined;
  const hasFlags = flags !== undefined && flags.end - flags.start >= 4;
  if (!isUsable(hasFlags ? view.getUint32(flags.start, IS_LITTLE) : view.getUint8(start + 2))) return undefined;
  const bytes = bytesOf(view, address);
  return bytes.length === 4 || bytes.length === 16 ? formatIp(bytes) : undefined;
}

/** An IPv6 address is tentative while the kernel looks for a duplicate. */
function isUsable(flags: number): boolean {
  return (flags & DUPLICATE) === 0 && ((flags & TENTATIVE) === 0 || (flags & OPTIMISTIC) !== 0);
}

function bytesOf(view: DataView, { start, end }: Part): Buffer {
  return Buffer.from(view.buffer, view.byteOffset + start, end - start);
}
