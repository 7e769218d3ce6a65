import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import { isTrain, Train } from "../../values/train.ts";
import type { Maybe, Value, Values } from "../../values/value.ts";
import { nodeCiphers } from "./node-ciphers.ts";
import { defineImpureVariadic } from "./define.ts";

/** Authenticated encryption with AES-GCM: keys of 16 or 32 bytes, nonces of 12, and a tag of 16 bytes behind the ciphertext. */
export const cipherFunctions: readonly FunctionSpec[] = [
  /**
   * f_seal(Key, Plain, Extra [, Prefix]): `[Nonce, Cipher]`, the bytes of Plain encrypted, and authenticated together with the bytes of
   * Extra. The node chooses the nonce: Prefix, of at most 4 bytes, then the value of a counter that grows with each call on the node.
   * Fails for a packet train.
   */
  defineImpureVariadic("f_seal", [3, 4], ["list"], seal),
  /** f_open(Key, Nonce, Cipher, Extra): the bytes that f_seal sealed. Fails if one of the arguments differs. */
  // The environment brings the library, which has no effect on the result.
  { ...defineImpureVariadic("f_open", 4, ["bytes"], open), pure: true },
];

/** Largest length of Prefix. The 8 bytes after the prefix of a nonce never repeat. */
const PREFIX_MAX = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function seal(ambient: Ambient, [key, plain, extra, prefix = new Uint8Array(0)]: Values): Maybe {
  if (!isKey(key) || !isPlain(plain) || !isPlain(extra) || !isPlain(prefix) || prefix.length > PREFIX_MAX)
    return undefined;
  if (ambient.nonce === undefined) return undefined;
  // Nonce and ciphertext are neighbours, so that f_concat need not copy them.
  const [nonce, sealed] = neighbours(ambient, NONCE_BYTES, plain.length + TAG_BYTES);
  ambient.nonce(prefix, nonce);
  const isSealed = (ambient.ciphers ?? nodeCiphers).seal(key, nonce, plain, extra, sealed);
  return isSealed ? [nonce, sealed] : undefined;
}

/** Returns byte strings of two lengths, with undefined content, one after the other in memory of the step. */
function neighbours(ambient: Ambient, length: number, other: number): readonly [Uint8Array, Uint8Array] {
  const { buffer, byteOffset } = ambient.memory?.(length + other) ?? new Uint8Array(length + other);
  return [new Uint8Array(buffer, byteOffset, length), new Uint8Array(buffer, byteOffset + length, other)];
}

function open(ambient: Ambient, [key, nonce, sealed, extra]: Values): Maybe {
  if (!isKey(key) || !isPlain(nonce) || nonce.length !== NONCE_BYTES) return undefined;
  if (!isPlain(sealed) || sealed.length < TAG_BYTES || !isPlain(extra)) return undefined;
  const plain = new Uint8Array(sealed.length - TAG_BYTES);
  return (ambient.ciphers ?? nodeCiphers).open(key, nonce, sealed, extra, plain) ? plain : undefined;
}

/**
 * Returns the train of f_open for each packet, in memory that `take` returns. Undefined if f_open fails for one of the packets, or takes
 * the nonces or the extra bytes from other places than a train and plain bytes.
 */
export function openedTrain(
  { ciphers = nodeCiphers }: Ambient,
  [key, nonces, sealed, extra]: Values,
  take: (size: number) => Uint8Array,
): Train | undefined {
  if (!isKey(key) || !isPlain(extra) || !isTrainUpTo(sealed, SIZE_MAX) || !isTrainUpTo(nonces, NONCE_BYTES))
    return undefined;
  const { count } = sealed;
  const [length, lastLength] = [sealed.length - TAG_BYTES, sealed.lastLength - TAG_BYTES];
  if (lastLength < 0 || nonces.count !== count || nonces.lastLength !== NONCE_BYTES) return undefined;
  const plain = take(count * length);
  if (ciphers.openTrain(key, nonces, sealed, extra, plain) < count) return undefined;
  const layout = { count, stride: length, lastAt: (count - 1) * length, lastLength };
  return new Train(plain.buffer, plain.byteOffset, length, layout);
}

function isKey(value: Maybe): value is Uint8Array {
  return isPlain(value) && (value.length === 16 || value.length === 32);
}

function isTrainUpTo(value: Value | undefined, length: number): value is Train {
  return value instanceof Uint8Array && isTrain(value) && value.length <= length;
}

/** Whether the value is bytes of a bounded length, and no packet train. */
function isPlain(value: Maybe): value is Uint8Array {
  return value instanceof Uint8Array && !isTrain(value) && value.length <= SIZE_MAX;
}
