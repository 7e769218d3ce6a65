import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { feedMalformed } from "./malformed-input.ts";
import { digestOf } from "./pattern.ts";

/** Number of bytes, half by the device and half by the socket. Default: a thousand million. */
const BYTES = Number(process.env["MOSAIC_MALFORMED_BYTES"] ?? 1_000_000_000);
/** Seed of the bytes. */
const SEED = Number(process.env["MOSAIC_MALFORMED_SEED"] ?? Date.now() % 1_000_000);
const AFTER = 64 << 20;

test("a node survives a long stream of malformed input of every kind", async ({ skip }) => {
  const reason = needs("root", "/dev/net/tun", "addon", "cc", "address sanitizer", "ip", "ping", "curl");
  skip(reason !== undefined, reason);
  process.stdout.write(`seed ${SEED}\n`);
  const aftermath = await feedMalformed(BYTES, SEED, AFTER);
  process.stdout.write(`${JSON.stringify(aftermath)}\n`);
  expect(aftermath).toMatchObject({ isAlive: true, reports: [], digest: digestOf(AFTER) });
  expect(aftermath.device + aftermath.socket).toBeGreaterThanOrEqual(BYTES);
});
