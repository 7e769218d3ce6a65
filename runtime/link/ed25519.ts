/** Signatures of Ed25519 (RFC 8032), whose arithmetic is that of node:crypto. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export const SIGNATURE_BYTES = 64;

/** The key pair of a network. `publicKey` has 32 bytes and identifies the network. */
export interface SigningKey {
  readonly secret: KeyObject;
  readonly publicKey: Uint8Array;
}

/** Returns the pair of a secret of 32 bytes. All such secrets are valid. */
export function signingKeyOf(secret: Uint8Array): SigningKey {
  const key = createPrivateKey({ key: Buffer.from(secret), format: "raw-private", asymmetricKeyType: "ed25519" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return { secret: key, publicKey: Uint8Array.from(Buffer.from(x as string, "base64url")) };
}

export function signatureOf({ secret }: SigningKey, message: Uint8Array): Uint8Array {
  return sign(null, message, secret);
}

/** Whether the owner of a public key of 32 bytes has signed the message. False for bytes that are no signature, or no public key. */
export function isSignatureOf(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "raw-public", asymmetricKeyType: "ed25519" });
  return verify(null, message, key, signature);
}
