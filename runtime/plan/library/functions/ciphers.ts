import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import { isTrain } from "../../values/train.ts";
import type { Maybe, Values } from "../../values/value.ts";
import { defineImpureVariadic, defineVariadic } from "./define.ts";

/** Authenticated encryption with AES-GCM: keys of 16 or 32 bytes, nonces of 12, and a tag of 16 bytes behind the ciphertext. */
export const cipherFunctions: readonly FunctionSpec[] = [
  /**
   * f_seal(Key, Plain, Extra [, Prefix]): `[Nonce, Cipher]`, the bytes of Plain encrypted, and authenticated together with the bytes of
   * Extra. The node chooses the nonce: Prefix, of at most 4 bytes, then the value of a counter that grows with each call on the node.
   * Fails for a packet train.
   */
  defineImpureVariadic("f_seal", [3, 4], ["list"], seal),
  /** f_open(Key, Nonce, Cipher, Extra): the bytes that f_seal sealed. Fails if one of the arguments differs. */
  defineVariadic("f_open", 4, ["bytes"], open),
];

/** Largest length of Prefix. The 8 bytes after the prefix of a nonce never repeat. */
const PREFIX_MAX = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function seal(ambient: Ambient, [key, plain, extra, prefix = new Uint8Array(0)]: Values): Maybe {
  if (!isKey(key) || !isPlain(plain) || !isPlain(extra) || !isPlain(prefix) || prefix.length > PREFIX_MAX)
    return undefined;
  const nonce = ambient.nonce?.(prefix);
  if (nonce === undefined) return undefined;
  const cipher = createCipheriv(algorithm(key), keyObjectOf(key), nonce).setAAD(extra);
  const sealed = new Uint8Array(plain.length + TAG_BYTES);
  sealed.set(cipher.update(plain));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plain.length);
  return [nonce, sealed];
}

function open([key, nonce, sealed, extra]: readonly Maybe[]): Maybe {
  if (!isKey(key) || !isPlain(nonce) || nonce.length !== NONCE_BYTES) return undefined;
  if (!isPlain(sealed) || sealed.length < TAG_BYTES || !isPlain(extra)) return undefined;
  const end = sealed.length - TAG_BYTES;
  const cipher = createDecipheriv(algorithm(key), keyObjectOf(key), nonce, { authTagLength: TAG_BYTES })
    .setAAD(extra)
    .setAuthTag(sealed.subarray(end));
  try {
    const plain = new Uint8Array(cipher.update(sealed.subarray(0, end)));
    cipher.final();
    return plain;
  } catch {
    return undefined;
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

function isKey(value: Maybe): value is Uint8Array {
  return isPlain(value) && (value.length === 16 || value.length === 32);
}

/** Whether the value is bytes of a bounded length, and no packet train. */
function isPlain(value: Maybe): value is Uint8Array {
  return value instanceof Uint8Array && !isTrain(value) && value.length <= SIZE_MAX;
}
