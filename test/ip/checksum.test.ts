import { describe, expect, test } from "vitest";
import { amendChecksum, amendUdpChecksum, checksumChange } from "../../runtime/plan/values/checksum.ts";

/** Rare cases of checksums; test/ip/ip-packet.test.ts covers the ordinary ones. */
describe("an updated checksum", () => {
  test("matches the example of RFC 1624", () => {
    expect(amended("dd2f", checksumChange(hex("5555"), hex("3285"), 0, 2))).toBe("0000");
  });

  test("folds a carry that occurs while folding", () => {
    expect(amended("0000", 0x1ffff)).toBe("fffe");
  });

  test("stays if no word changes", () => {
    expect(checksumChange(hex("0102ffff"), hex("0102ffff"), 0, 4)).toBe(0);
    expect(amended("ffff", 0)).toBe("ffff");
  });

  test("of 0 is written as ffff in UDP", () => {
    const checksum = hex("0001");
    amendUdpChecksum(checksum, 0, checksumChange(hex("0001"), hex("0002"), 0, 2));
    expect(toHex(checksum)).toBe("ffff");
  });
});

function amended(checksum: string, change: number): string {
  const bytes = hex(checksum);
  amendChecksum(bytes, 0, change);
  return toHex(bytes);
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
