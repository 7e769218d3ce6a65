import fc from "fast-check";
import { sha1 as independent } from "js-sha1";
import { expect, test } from "vitest";
import { sha1 } from "../../../../runtime/plan/library/functions/sha1.ts";
import { arbitraryText } from "../../../arbitrary-value.ts";

function asId(bytes: readonly number[]): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

test("the digest of bytes equals the one of another implementation", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha1(bytes)).toBe(asId(independent.array(bytes)));
    }),
  );
});

test("the digest of a string is the digest of its UTF-8", () => {
  fc.assert(
    fc.property(arbitraryText(), (text) => {
      expect(sha1(text)).toBe(asId(independent.array(new TextEncoder().encode(text))));
    }),
  );
});
