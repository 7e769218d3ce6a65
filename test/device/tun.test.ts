import { describe, expect, test } from "vitest";
import { parseCidr } from "../../runtime/ip/cidr.ts";
import { openTun, type TunOptions } from "../../runtime/device/tun.ts";

/** Requests that are refused before the kernel is asked. test/native has those that it answers. */
describe("an impossible TUN interface", () => {
  test.each([
    ["", "1 to 15 ASCII characters"],
    ["sixteencharacter", "1 to 15 ASCII characters"],
    ["a b", "without space"],
    ["a/b", "without space"],
    ["..", "bad interface name"],
    ["mosaic%d", "bad interface name"],
    ["é", "bad interface name"],
  ])("is named %j", (name, message) => {
    expect(openTun(options({ name }))).toMatchObject({ ok: false, code: "EINVAL", message: containing(message) });
  });

  test.each([
    [67, "100.64.0.1/24", "bad MTU 67: from 68 to 65535"],
    [65_536, "100.64.0.1/24", "bad MTU 65536: from 68 to 65535"],
    [1400.5, "100.64.0.1/24", "bad MTU 1400.5: from 68 to 65535"],
    [1279, "fd00::1/64", "bad MTU 1279: IPv6 needs 1280 or more"],
  ])("has MTU %d for %s", (mtu, address, message) => {
    expect(openTun(options({ mtu }, address))).toEqual({ ok: false, code: "EINVAL", message });
  });
});

function options(changes: Partial<TunOptions>, address: string = "100.64.0.1/24"): TunOptions {
  const parsed = parseCidr(address);
  if (!parsed.ok) throw new Error(parsed.message);
  return { name: undefined, address: parsed.cidr, mtu: 1400, ...changes };
}

function containing(text: string): string {
  return expect.stringContaining(text) as string;
}
