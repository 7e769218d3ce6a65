/** Keys of X25519 (RFC 7748), whose arithmetic is that of node:crypto. */
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from "node:crypto";

/** Length of a secret, of a public key and of a shared secret. */
export const X25519_BYTES = 32;

/** A key pair. `publicKey` has 32 bytes. */
export interface KeyPair {
  readonly secret: KeyObject;
  readonly publicKey: Uint8Array;
}

/** Returns the pair of a secret of 32 bytes. All such secrets are valid. */
export function keyPairOf(secret: Uint8Array): KeyPair {
  const key = createPrivateKey({ key: Buffer.from(secret), format: "raw-private", asymmetricKeyType: "x25519" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return { secret: key, publicKey: Uint8Array.from(Buffer.from(x as string, "base64url")) };
}

/** Returns the secret that a pair shares with the owner of a public key of 32 bytes. Undefined if the public key makes it zero. */
export function sharedSecret(pair: KeyPair, publicKey: Uint8Array): Uint8Array | undefined {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "raw-public", asymmetricKeyType: "x25519" });
  try {
    return diffieHellman({ privateKey: pair.secret, publicKey: key });
  } catch {
    return undefined;
  }
}
