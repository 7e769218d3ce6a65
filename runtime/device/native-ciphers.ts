import { loadNative, type Native } from "../../native/index.ts";
import type { Ciphers } from "../plan/contract/ciphers.ts";

/** Test case 1 of the specification of GCM: the key, the nonce, the plaintext and the extra bytes are zeros or empty. */
const ZEROS = new Uint8Array(16);
const NOTHING = new Uint8Array(0);
const TAG = "58e2fccefa7e3061367f1d57a4e7455a";

/** Returns AES-GCM of the addon, which takes a fraction of the time of node:crypto. Undefined if this process has none that works. */
export function nativeCiphers(): Ciphers | undefined {
  const native = loadNative();
  return "missing" in native || !works(native) ? undefined : ciphersOf(native);
}

function works(native: Native): boolean {
  const tag = new Uint8Array(16);
  const isSealed = native.seal(ZEROS, ZEROS.subarray(0, 12), NOTHING, NOTHING, tag) === true;
  return isSealed && Buffer.from(tag).toString("hex") === TAG;
}

function ciphersOf(native: Native): Ciphers {
  return {
    seal: (key, nonce, plain, extra, sealed) => native.seal(key, nonce, plain, extra, sealed) === true,
    open: (key, nonce, sealed, extra, plain) => native.open(key, nonce, sealed, extra, plain) === true,
    openTrain: (key, nonces, sealed, extra, plain) =>
      native.openTrain(
        key,
        nonces,
        nonces.stride,
        nonces.lastAt,
        sealed,
        sealed.stride,
        sealed.count,
        sealed.lastAt,
        sealed.lastLength,
        extra,
        plain,
      ) ?? 0,
  };
}
