import { expect, test } from "vitest";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { wireHash } from "../../runtime/plan/values/wire-hash.ts";
import { devicePacketLength } from "../../runtime/wire/device-packet.ts";
import { encodeBody } from "../../runtime/plan/values/encode.ts";

const TUN: number = wireHash("tun", 1, "event");
const SEND: number = wireHash("ron.send", 2, "event");
const BYTES: Uint8Array = Uint8Array.of(1, 2, 3, 4);

test("a device packet is found inside overlay packets", () => {
  expect(devicePacketLength(TUN, [BYTES])).toBe(4);
  expect(devicePacketLength(SEND, ["b:1", wrapped(TUN, 1)])).toBe(4);
  expect(devicePacketLength(SEND, ["b:1", wrapped(TUN, 3)])).toBe(4);
});

test.each([
  ["bytes of another tuple", SEND, ["b:1", BYTES]],
  ["another tuple within packets", SEND, ["b:1", wrapped(SEND, 3)]],
  ["no bytes", TUN, ["b:1"]],
  ["no fields", TUN, []],
  ["a body that is none", SEND, [Packet.inTransit(SEND, 0, Uint8Array.of(255))]],
] as const)("%s holds no device packet", (_, hash, fields) => {
  expect(devicePacketLength(hash, fields)).toBeUndefined();
});

test("packets nested as deep as a message allows hold no device packet, and do not overflow the stack", () => {
  expect(devicePacketLength(SEND, ["b:1", wrapped(SEND, 5000)])).toBeUndefined();
});

/** Returns a packet from the network inside so many others. */
function wrapped(hash: number, layers: number): Packet {
  let packet = Packet.inTransit(hash, 0, encodeBody([BYTES]) as Uint8Array);
  for (let layer = 1; layer < layers; layer++)
    packet = Packet.inTransit(SEND, 0, encodeBody(["b:1", packet]) as Uint8Array);
  return packet;
}
