import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatKey, parseKey } from "../../runtime/link/key-text.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";
import { needs } from "../needs.ts";

const KEYS = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("a key has one text, of 44 characters", () => {
  fc.assert(
    fc.property(KEYS, (key) => {
      expect(formatKey(key)).toHaveLength(44);
      expect(parseKey(formatKey(key))).toEqual(key);
    }),
  );
});

test.each([
  ["no key", ""],
  ["31 bytes", Buffer.alloc(31).toString("base64")],
  ["33 bytes", Buffer.alloc(33).toString("base64")],
  ["bits after the last byte", `${"A".repeat(42)}B=`],
  ["the alphabet of URLs", `${"_".repeat(42)}8=`],
  ["a line break", `${"A".repeat(43)}=\n`],
])("a text is no key: %s", (_, text) => {
  expect(parseKey(text)).toBeUndefined();
});

test("the public key of a secret is the one of `wg pubkey`", (context) => {
  const missing = needs("wg");
  context.skip(missing !== undefined, missing);
  for (let byte = 0; byte < 256; byte += 51) {
    const secret = new Uint8Array(32).fill(byte);
    const { stdout } = spawnSync("wg", ["pubkey"], { input: `${formatKey(secret)}\n`, encoding: "utf8" });
    expect(`${formatKey(keyPairOf(secret).publicKey)}\n`).toBe(stdout);
  }
});
