import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { feedMalformed } from "./malformed-input.ts";
import { digestOf } from "./pattern.ts";

/** A thousand million, half by the device and half by the socket, unless the environment says otherwise. */
const BYTES = Number(process.env["MOSAIC_MALFORMED_BYTES"] ?? 1_000_000_000);
/** Another one gives other bytes. */
const SEED = Number(process.env["MOSAIC_MALFORMED_SEED"] ?? Date.now() % 1_000_000);
const AFTER = 64 << 20;

test("a node outlives so much of what nobody ought to send that all of it was in it", async ({ skip }) => {
  const reason = needs("root", "/dev/net/tun", "addon", "cc", "address sanitizer", "ip", "ping", "curl");
  skip(reason !== undefined, reason);
  process.stdout.write(`seed ${SEED}\n`);
  const aftermath = await feedMalformed(BYTES, SEED, AFTER);
  process.stdout.write(`${JSON.stringify(aftermath)}\n`);
  expect(aftermath).toMatchObject({ isAlive: true, reports: [], digest: digestOf(AFTER) });
  expect(aftermath.device + aftermath.socket).toBeGreaterThanOrEqual(BYTES);
});
