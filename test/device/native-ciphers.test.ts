import fc from "fast-check";
import { expect, test } from "vitest";
import { nativeCiphers } from "../../runtime/device/native-ciphers.ts";
import type { Ciphers } from "../../runtime/plan/contract/ciphers.ts";
import { nodeCiphers } from "../../runtime/plan/library/functions/node-ciphers.ts";
import { type Train, trainOf } from "../../runtime/plan/values/train.ts";

const TAG = 16;
const native = nativeCiphers() as Ciphers;
const libraries: readonly Ciphers[] = [native, nodeCiphers];

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const KEY = fc.oneof(bytes(16), bytes(32));
const TEXT = fc.uint8Array({ maxLength: 200 });

test("the addon has AES-GCM, as the OpenSSL of this Node.js is exported", () => {
  expect(native).toBeDefined();
});

test("the addon and node:crypto seal alike, and each opens what the other sealed", () => {
  fc.assert(
    fc.property(KEY, bytes(12), TEXT, TEXT, (key, nonce, plain, extra) => {
      const [one, other] = libraries.map((library) => {
        const sealed = new Uint8Array(plain.length + TAG);
        expect(library.seal(key, nonce, plain, extra, sealed)).toBe(true);
        return sealed;
      });
      expect(one).toEqual(other);
      for (const library of libraries) {
        const opened = new Uint8Array(plain.length);
        expect(library.open(key, nonce, one as Uint8Array, extra, opened)).toBe(true);
        expect(opened).toEqual(plain);
      }
    }),
  );
});

test("a bit that differs in the key, the nonce, the sealed or the extra bytes is found, and the next call works", () => {
  const parts = fc.tuple(KEY, bytes(12), TEXT, fc.uint8Array({ minLength: 1, maxLength: 20 }));
  fc.assert(
    fc.property(parts, fc.nat({ max: 3 }), fc.nat(), ([key, nonce, plain, extra], part, bit) => {
      const sealed = new Uint8Array(plain.length + TAG);
      native.seal(key, nonce, plain, extra, sealed);
      const right = [key, nonce, sealed, extra] as const;
      const wrong = right.map((one, at) => (at === part ? withBit(one, bit) : one)) as unknown as typeof right;
      const opened = new Uint8Array(plain.length);
      for (const library of libraries) {
        expect(library.open(...wrong, opened)).toBe(false);
        expect(library.open(...right, opened)).toBe(true);
        expect(opened).toEqual(plain);
      }
    }),
  );
});

test("many keys in turn are kept apart", () => {
  const keys = Array.from({ length: 40 }, (_, at) => new Uint8Array(at % 2 === 0 ? 16 : 32).fill(at));
  const nonce = new Uint8Array(12);
  const seals = keys.map((key) => {
    const sealed = new Uint8Array(1 + TAG);
    native.seal(key, nonce, Uint8Array.of(key.length), nonce, sealed);
    return sealed;
  });
  for (const [at, key] of keys.entries()) {
    for (const [other, sealed] of seals.entries()) {
      expect(native.open(key, nonce, sealed, nonce, new Uint8Array(1))).toBe(at === other);
    }
  }
});

test("the segments of a train are opened one by one, and those that are intact are counted", () => {
  const flags = fc.array(fc.boolean(), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(KEY, flags, fc.nat({ max: 60 }), (key, forged, last) => {
      const extra = Uint8Array.of(1, 2, 3);
      const datagrams = forged.map((isForged, at) => {
        const plain = new Uint8Array(at === forged.length - 1 ? last : 60).fill(at);
        const nonce = new Uint8Array(12).fill(at);
        const sealed = new Uint8Array(plain.length + TAG);
        native.seal(key, nonce, plain, extra, sealed);
        return { at, nonce, plain, sealed: isForged ? withBit(sealed, at) : sealed };
      });
      const [nonces, sealed] = [datagrams.map((one) => one.nonce), datagrams.map((one) => one.sealed)].map(trainOf);
      for (const library of libraries) {
        const opened = new Uint8Array(60 * forged.length);
        const count = library.openTrain(key, nonces as Train, sealed as Train, extra, opened);
        expect(count).toBe(forged.filter((isForged) => !isForged).length);
        const intact = datagrams.filter((_, at) => forged[at] === false);
        const found = intact.map(({ plain, at }) => opened.slice(60 * at, 60 * at + plain.length));
        expect(found).toEqual(intact.map(({ plain }) => plain));
      }
    }),
  );
});

/** Returns a copy of the bytes in which one bit differs. */
function withBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  const at = bit % (8 * copy.length);
  copy[at >> 3] = (copy[at >> 3] as number) ^ (1 << (at & 7));
  return copy;
}
