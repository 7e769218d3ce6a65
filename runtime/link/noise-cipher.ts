/** Ciphers of the Noise protocol framework. Each has a key of 32 bytes, a counter as nonce, and a tag of 16 bytes. */
import { createCipheriv, createDecipheriv } from "node:crypto";

export const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const COUNTER_AT = 4;

/** Cipher: its name in a protocol's name, and in node:crypto. */
export interface NoiseCipher {
  readonly name: "ChaChaPoly" | "AESGCM";
  readonly algorithm: "chacha20-poly1305" | "aes-256-gcm";
}

export const CHACHA_POLY: NoiseCipher = { name: "ChaChaPoly", algorithm: "chacha20-poly1305" };
export const AES_GCM: NoiseCipher = { name: "AESGCM", algorithm: "aes-256-gcm" };

/** Key with the number of its next message. */
export interface CipherState {
  readonly cipher: NoiseCipher;
  readonly key: Uint8Array;
  readonly counter: number;
}

/** Returns the ciphertext with its tag. `extra` is authenticated too. The state's counter must not have been used before. */
export function sealWith({ cipher, key, counter }: CipherState, extra: Uint8Array, plain: Uint8Array): Uint8Array {
  return sealBytes(cipher, key, nonceOf(cipher, counter), extra, plain);
}

/** Returns the plaintext, or undefined if ciphertext, tag or `extra` are not those of the sender. */
export function openWith(
  { cipher, key, counter }: CipherState,
  extra: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return openBytes(cipher, key, nonceOf(cipher, counter), extra, sealed);
}

/** Like `sealWith`, with a nonce of 12 bytes, which must not have been used with this key. */
export function sealBytes(
  { algorithm }: NoiseCipher,
  key: Uint8Array,
  nonce: Uint8Array,
  extra: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const sealing = createCipheriv(algorithm as "aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  sealing.setAAD(extra, { plaintextLength: plain.length });
  return Buffer.concat([sealing.update(plain), sealing.final(), sealing.getAuthTag()]);
}

/** Like `openWith`, with a nonce of 12 bytes. */
export function openBytes(
  { algorithm }: NoiseCipher,
  key: Uint8Array,
  nonce: Uint8Array,
  extra: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - TAG_BYTES;
  if (length < 0) return undefined;
  const opening = createDecipheriv(algorithm as "aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  opening.setAAD(extra, { plaintextLength: length });
  opening.setAuthTag(sealed.subarray(length));
  const plain = opening.update(sealed.subarray(0, length));
  try {
    opening.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** The nonce of a counter: zeros, then 8 bytes, of which AES-GCM has the highest first and ChaCha20 the lowest. */
function nonceOf({ name }: NoiseCipher, counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setBigUint64(COUNTER_AT, BigInt(counter), name === "ChaChaPoly");
  return nonce;
}
