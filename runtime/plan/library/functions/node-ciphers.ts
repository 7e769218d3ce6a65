import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { Ciphers } from "../../contract/ciphers.ts";

const TAG_BYTES = 16;

/** AES-GCM of node:crypto, for worlds that bring no faster one. */
export const nodeCiphers: Ciphers = {
  seal: (key, nonce, plain, extra, sealed) => {
    const cipher = createCipheriv(algorithm(key), keyObjectOf(key), nonce).setAAD(extra);
    sealed.set(cipher.update(plain));
    cipher.final();
    sealed.set(cipher.getAuthTag(), plain.length);
    return true;
  },
  open,
  openTrain: (key, nonces, sealed, extra, plain) => {
    const stride = sealed.length - TAG_BYTES;
    const opened = sealed.segments().filter((segment, at) => {
      const length = segment.length - TAG_BYTES;
      if (length < 0) return false;
      return open(key, nonces.segment(at), segment, extra, plain.subarray(at * stride, at * stride + length));
    });
    return opened.length;
  },
};

function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, extra: Uint8Array, plain: Uint8Array): boolean {
  const end = sealed.length - TAG_BYTES;
  const cipher = createDecipheriv(algorithm(key), keyObjectOf(key), nonce, { authTagLength: TAG_BYTES })
    .setAAD(extra)
    .setAuthTag(sealed.subarray(end));
  try {
    plain.set(cipher.update(sealed.subarray(0, end)));
    cipher.final();
    return true;
  } catch {
    return false;
  }
}

/**
 * OpenSSL's key objects by the bytes of the key, because creating one takes longer than using it. A row or a secret yields the same bytes
 * object each time.
 */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function keyObjectOf(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const made = createSecretKey(key);
  keyObjects.set(key, made);
  return made;
}

function algorithm(key: Uint8Array): "aes-128-gcm" | "aes-256-gcm" {
  return key.length === 16 ? "aes-128-gcm" : "aes-256-gcm";
}
