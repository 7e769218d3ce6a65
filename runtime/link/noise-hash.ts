/** Hash functions of the Noise protocol framework, those with 32 bytes of result. */
import { createHash, hkdfSync } from "node:crypto";

export const HASH_BYTES = 32;

/** Hash function: its name in a protocol's name, and in node:crypto. */
export interface NoiseHash {
  readonly name: "BLAKE2s" | "SHA256";
  readonly algorithm: "blake2s256" | "sha256";
}

export const BLAKE2S: NoiseHash = { name: "BLAKE2s", algorithm: "blake2s256" };
export const SHA256: NoiseHash = { name: "SHA256", algorithm: "sha256" };

/** Returns the hash of two texts, one after the other. */
export function hashOf({ algorithm }: NoiseHash, first: Uint8Array, second: Uint8Array): Uint8Array {
  return createHash(algorithm).update(first).update(second).digest();
}

/** Returns `count` keys of 32 bytes. Noise's HKDF is that of RFC 5869 with the chaining key as salt, and without info. */
export function deriveKeys(
  { algorithm }: NoiseHash,
  chainingKey: Uint8Array,
  material: Uint8Array,
  count: 2 | 3,
): readonly Uint8Array[] {
  const bytes = new Uint8Array(hkdfSync(algorithm, material, chainingKey, NOTHING, count * HASH_BYTES));
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

const NOTHING = new Uint8Array(0);
