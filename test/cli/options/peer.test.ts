import { expect, test } from "vitest";
import { Address } from "../../../runtime/plan/values/address.ts";
import { parsePeer } from "../../../src/cli/options/peer.ts";

test.each([
  ["[FD99::2]:010", { virtual: undefined, address: "[fd99::2]:10" }],
  ["FD00::0:2=[fd99:0::2]:1", { virtual: "fd00::2", address: "[fd99::2]:1" }],
  ["::ffff:100.64.0.2=[::ffff:10.0.0.2]:1", { virtual: "100.64.0.2", address: "10.0.0.2:1" }],
  ["100.64.0.2=Host.Example:1", { virtual: "100.64.0.2", address: "host.example:1" }],
  ['sr::["10.0.0.9:010", "a=b:1"]', { virtual: undefined, address: new Address("sr", ["10.0.0.9:10", "a=b:1"]) }],
  ["fd00::2=10.0.0.2:1", { virtual: "fd00::2", address: "10.0.0.2:1" }],
  ["100.64.0.2=i3::0x12I", { virtual: "100.64.0.2", address: new Address("i3", 0x12n) }],
])("--peer %s", (text, expected) => {
  expect(parsePeer(text)).toEqual(expected);
});

test.each([
  ["fe80::2%eth0=10.0.0.2:1", "is not an IP address"],
  ["sr::[", "sr::["],
  ["sr::f_rand()", "sr::f_rand()"],
  ['node::"a:1"', "`node` is reserved for the node, so no overlay has this name"],
  ['100.64.0.2=sr::["a:1", TCP::"b:1"]', "`tcp` is reserved for the node"],
  ['@"a:1"', "is no address"],
  ["10.0.0.2:0", "no node has port 0"],
  ["100.64.0.2=[fe80::2]:1", "a link-local address needs the zone"],
])("--peer %s is refused", (text, message) => {
  expect(() => parsePeer(text)).toThrow(message);
});
