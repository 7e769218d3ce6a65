import { expect, test } from "vitest";
import { formatCidr } from "../../../runtime/ip/cidr.ts";
import { parseDevices } from "../../../src/cli/options/devices.ts";

const OPTIONS = { mtu: undefined, tso: true, restore: false, listen: "198.51.100.7:10000" };

/** Reads words such as `--tun=NAME`, and returns a line for each device. */
function devices(line: string): readonly string[] {
  const uses = line.split(" ").map((word) => {
    const [option = "", value = null] = word.split("=");
    return { option, value };
  });
  return parseDevices(uses, OPTIONS).map(
    ({ kind, name = "?", address }) => `${kind} ${name} ${address === undefined ? "-" : formatCidr(address)}`,
  );
}

test.each([
  ["--tun --tun-addr=100.64.0.1/24", ["tun ? 100.64.0.1/24"]],
  ["--tun=a --tun-addr=10.1.0.1/16 --tun=b --tun-addr=fd00::1/64", ["tun a 10.1.0.1/16", "tun b fd00::1/64"]],
  ["--tun --tun-addr=10.1.0.1/16 --tun --tun-addr=10.1.0.2/16", ["tun ? 10.1.0.1/16", "tun ? 10.1.0.2/16"]],
  [
    "--tap=e --tap --tun-addr=10.1.0.1/16 --tun=a --tun-addr=10.2.0.1/16",
    ["tap e -", "tap ? 10.1.0.1/16", "tun a 10.2.0.1/16"],
  ],
])("%s", (line, expected) => {
  expect(devices(line)).toEqual(expected);
});

test.each([
  ["--tun-addr=10.1.0.1/16", "--tun-addr: it belongs to the --tun or --tap before it, and there is none"],
  ["--tun-addr=10.1.0.1/16 --tun=a", "--tun-addr: it belongs to the --tun or --tap before it, and there is none"],
  ["--tun=a --tun=b --tun-addr=10.1.0.1/16", "--tun: the device a needs an address: --tun-addr 100.64.0.1/24 after it"],
  ["--tun --tun-addr=10.1.0.1/16 --tun", "--tun: the device needs an address"],
  ["--tun=a --tun-addr=10.1.0.1/16 --tun=a --tun-addr=10.2.0.1/16", "--tun: two devices are named a"],
  ["--tun=a --tun-addr=10.1.0.1/16 --tap=a", "--tap: two devices are named a"],
  ["--tap --tun", "--tun: the device needs an address"],
  [
    "--tun=a --tun-addr=10.1.0.1/16 --tun-addr=10.2.0.1/16",
    "--tun-addr: the device a has the address 10.1.0.1 already",
  ],
  [
    "--tun=a --tun-addr=10.1.0.1/16 --tun=b --tun-addr=10.1.0.1/24",
    "--tun-addr: two devices have the address 10.1.0.1",
  ],
  [
    "--tun=a --tun-addr=10.1.0.1/16 --tun=b --tun-addr=198.51.100.1/24",
    "--tun-addr: 198.51.100.1/24 contains 198.51.100.7",
  ],
])("%s is refused", (line, message) => {
  expect(() => devices(line)).toThrow(message);
});

test("a node has at most 16 devices", () => {
  const line = (count: number): string =>
    Array.from({ length: count }, (_, at) => `--tun --tun-addr=10.${at + 1}.0.1/16`).join(" ");
  expect(devices(line(16))).toHaveLength(16);
  expect(() => devices(line(17))).toThrow("--tun: a node has at most 16 devices");
});
