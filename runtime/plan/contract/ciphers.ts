import type { Train } from "../values/train.ts";

/**
 * AES-GCM: keys of 16 or 32 bytes, nonces of 12, tags of 16, other inputs of at most `SIZE_MAX` bytes. The caller guarantees the lengths.
 */
export interface Ciphers {
  /** Encrypts `plain`, and writes the ciphertext, then the tag, to `sealed`. Returns false if the library fails. */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, extra: Uint8Array, sealed: Uint8Array): boolean;
  /**
   * Decrypts `sealed`, which ends with the tag, and writes the result to `plain`. Returns false if one of the arguments is not the one with
   * which the bytes were sealed; `plain` then has undefined content.
   */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, extra: Uint8Array, plain: Uint8Array): boolean;
  /**
   * Opens each segment of `sealed` with the nonce in the segment of `nonces` with the same number, and writes the results to `plain`, one
   * after the other. Both trains have as many segments. Returns the number of segments that were sealed with these arguments.
   */
  openTrain(key: Uint8Array, nonces: Train, sealed: Train, extra: Uint8Array, plain: Uint8Array): number;
}
