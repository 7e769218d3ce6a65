import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage } from "../../runtime/link/handshake-message.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { fuzzHandshakes } from "./hostile-handshakes.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const READ = Number(process.env["INPUTS"] ?? 1_000_000);
const DECODED = 100 * READ;
const LENGTH_MAX = 220;

test("mutated messages of the handshake are refused", () => {
  const outcomes = fuzzHandshakes(READ, SEED);
  process.stdout.write(`seed ${SEED}: ${fc.stringify(outcomes)}\n`);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(READ);
});

test("any bytes decode to a message or to nothing, before the first key is used", () => {
  const random = streamOf(SEED, "messages");
  const bytes = new Uint8Array(LENGTH_MAX);
  bytes.set([0x4d, 0x5a, 1, 8, 1]);
  let messages = 0;
  for (let at = 0; at < DECODED; at++) {
    bytes[random.integer(8)] = random.integer(256);
    bytes[random.integer(LENGTH_MAX)] = random.integer(256);
    if (at % 16 === 0) bytes.set([0x4d, 0x5a, 1, 8, 1 + (at % 3)]);
    if (decodeMessage(bytes.subarray(0, random.integer(LENGTH_MAX))) !== undefined) messages++;
  }
  expect(messages).toBeGreaterThan(DECODED / 100);
});
