import { endianness, networkInterfaces } from "node:os";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadNative } from "../../native/index.ts";
import { hostAddressesIn } from "../../runtime/device/netlink-messages.ts";
import { needs } from "../needs.ts";

const IS_LITTLE = endianness() === "LE";

function attribute(type: number, ...bytes: readonly number[]): readonly number[] {
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, 4 + bytes.length, IS_LITTLE);
  head.setUint16(2, type, IS_LITTLE);
  return padded([...new Uint8Array(head.buffer), ...bytes]);
}

function padded(bytes: readonly number[]): readonly number[] {
  return [...bytes, ...Array.from({ length: -bytes.length & 3 }, () => 0)];
}

function message(type: number, body: readonly number[]): readonly number[] {
  const head = new DataView(new ArrayBuffer(16));
  head.setUint32(0, 16 + body.length, IS_LITTLE);
  head.setUint16(4, type, IS_LITTLE);
  return padded([...new Uint8Array(head.buffer), ...body]);
}

function words(...numbers: readonly number[]): readonly number[] {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (const [at, number] of numbers.entries()) view.setUint32(4 * at, number, IS_LITTLE);
  return [...new Uint8Array(view.buffer)];
}

const UP = 0x41;

function device(index: number, name: string, flags: number = UP): readonly number[] {
  return message(16, [...words(0, index, flags, 0), ...attribute(3, ...Buffer.from(`${name}\0`))]);
}

/** `scope` 0 is global. `flags` are those of an address of IPv6. */
function address(index: number, bytes: readonly number[], scope = 0, flags = 0): readonly number[] {
  const head = [bytes.length === 4 ? 2 : 10, 24, flags, scope, ...words(index)];
  return message(20, [...head, ...attribute(1, ...bytes)]);
}

const V6 = [0xfd, ...Array.from({ length: 14 }, () => 0), 2];

test.each([
  ["an address of IPv4", [device(2, "eth0"), address(2, [10, 0, 0, 2])], [{ device: "eth0", ip: "10.0.0.2" }]],
  ["an address of IPv6", [device(2, "eth0"), address(2, V6)], [{ device: "eth0", ip: "fd00::2" }]],
  ["a device that is down", [device(2, "eth0", 0), address(2, [10, 0, 0, 2])], []],
  ["a device without carrier", [device(2, "eth0", 1), address(2, [10, 0, 0, 2])], []],
  ["an address of the link", [device(2, "eth0"), address(2, [169, 254, 0, 2], 253)], []],
  ["a loopback address", [device(1, "lo"), address(1, [127, 0, 0, 1], 254)], []],
  ["a tentative address", [device(2, "eth0"), address(2, V6, 0, 0x40)], []],
  ["a duplicate address", [device(2, "eth0"), address(2, V6, 0, 0x8)], []],
  ["an address of an unknown device", [device(2, "eth0"), address(3, [10, 0, 0, 2])], []],
  ["an address of three bytes", [device(2, "eth0"), address(2, [10, 0, 0])], []],
])("%s", (_, messages, expected) => {
  expect(hostAddressesIn(Uint8Array.from(messages.flat()))).toEqual(expected);
});

test("the local address of a point-to-point device counts, not its peer", () => {
  const body = [2, 32, 0, 0, ...words(5), ...attribute(1, 10, 0, 0, 9), ...attribute(2, 10, 0, 0, 1)];
  const bytes = Uint8Array.from([...device(5, "wg0"), ...message(20, body)]);
  expect(hostAddressesIn(bytes)).toEqual([{ device: "wg0", ip: "10.0.0.1" }]);
});

test("malformed messages are skipped", () => {
  const valid = [...device(2, "eth0"), ...address(2, [10, 0, 0, 2])];
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.nat(valid.length), (changed, length) => {
      const bytes = Uint8Array.from(valid);
      for (const [at, value] of changed) bytes[at] = value;
      for (const { ip } of hostAddressesIn(bytes.subarray(0, length))) expect(typeof ip).toBe("string");
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => hostAddressesIn(bytes).length >= 0));
});

test("the addon reads the addresses that Node.js lists", ({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
  const native = loadNative();
  if ("missing" in native) throw new Error(native.missing);
  const dump = native.netlinkDump();
  if ("errno" in dump) throw new Error(dump.call);
  const listed = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all
      .filter(({ internal, address: ip }) => !internal && !ip.startsWith("fe80"))
      .map((one) => `${name} ${one.address}`),
  );
  expect(
    hostAddressesIn(dump)
      .map(({ device: name, ip }) => `${name} ${ip}`)
      .toSorted(),
  ).toEqual(listed.toSorted());
});
