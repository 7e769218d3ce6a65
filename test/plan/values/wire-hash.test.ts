import { describe, expect, test } from "vitest";
import { fnv1a } from "../../../runtime/plan/values/fnv1a.ts";
import { wireHash } from "../../../runtime/plan/values/wire-hash.ts";

describe("FNV-1a", () => {
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("of %j", (text, hash) => {
    expect(fnv1a(Buffer.from(text))).toBe(hash);
  });
});

describe("the hash of a predicate", () => {
  test("is the hash of its name, arity and kind", () => {
    expect(wireHash("ron.RT", 3, "insert")).toBe(fnv1a(Buffer.from("ron.RT/3/insert")));
  });

  test("differs by name, arity and kind", () => {
    const hashes = (["event", "insert", "delete"] as const).flatMap((kind) =>
      ["p", "q", "ron.p"].flatMap((name) => [1, 2, 11].map((arity) => wireHash(name, arity, kind))),
    );
    expect(new Set(hashes).size).toBe(27);
  });
});
