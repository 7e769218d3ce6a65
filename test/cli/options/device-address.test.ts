import { expect, test } from "vitest";
import { parseDeviceAddress } from "../../../src/cli/options/device-address.ts";

test.each([
  ["224.0.0.1/4", "224.0.0.1 is a multicast address; for example 100.64.0.1/24"],
  ["0.0.0.0/0", "0.0.0.0 is no address of a host; for example 100.64.0.1/24"],
  ["127.0.0.5/8", "127.0.0.5 is a loopback address; for example 100.64.0.1/24"],
  ["255.255.255.255/32", "255.255.255.255 is the broadcast address; for example 100.64.0.1/24"],
  ["10.0.0.1/0", "the prefix 0 covers all addresses, also those of the peers; for example 10.0.0.1/24"],
  ["100.64.0.0/24", "100.64.0.0 is the address of the network 100.64.0.0/24 itself; take an address of a host in it"],
  [
    "100.64.0.255/24",
    "100.64.0.255 is the broadcast address of the network 100.64.0.255/24; take an address of a host in it",
  ],
  ["::/64", ":: is no address of a host; for example 100.64.0.1/24"],
  ["::1/64", "::1 is a loopback address; for example 100.64.0.1/24"],
  ["ff02::1/64", "ff02::1 is a multicast address; for example 100.64.0.1/24"],
  [
    "fe80::1/64",
    "fe80::1 is a link-local address, which peers cannot name without an interface; for example 100.64.0.1/24",
  ],
  [
    "198.51.100.1/24",
    "198.51.100.1/24 contains 198.51.100.7:10000 (--listen), so datagrams of peers would enter the tunnel; choose another network",
  ],
] as const)("--tun-addr %s is refused", (text, message) => {
  expect(() => parseDeviceAddress(text, "198.51.100.7:10000")).toThrow(`--tun-addr: ${message}`);
});

test.each(["100.64.0.1/24", "100.64.0.0/31", "100.64.0.0/32", "100.64.0.255/16", "fd00::/64", "fd00::1/128"])(
  "--tun-addr %s is accepted",
  (text) => {
    expect(parseDeviceAddress(text, "0.0.0.0:10000")).toMatchObject({ prefix: Number(text.split("/")[1]) });
    expect(parseDeviceAddress(text, "localhost:10000")).toMatchObject({ prefix: Number(text.split("/")[1]) });
  },
);
