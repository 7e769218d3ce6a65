import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { feedMalformed } from "./malformed-input.ts";
import { digestOf } from "./pattern.ts";

/** Bytes, half by the device and half by the socket. `malformed.long.test.ts` has a thousand million. */
const BYTES = 500_000;
const AFTER = 1 << 20;

test("a node survives malformed input, and carries valid packets afterwards", {
  timeout: 120_000,
}, async ({ skip }) => {
  const reason = needs("root", "/dev/net/tun", "addon", "cc", "address sanitizer", "ip", "ping", "curl");
  skip(reason !== undefined, reason);
  const aftermath = await feedMalformed(BYTES, 1, AFTER);
  expect(aftermath).toMatchObject({ isAlive: true, reports: [], digest: digestOf(AFTER) });
  expect(Math.min(aftermath.device, aftermath.socket)).toBeGreaterThanOrEqual(BYTES / 2);
});
