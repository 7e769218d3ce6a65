/**
 * The two authenticators at the end of an initiation or response. mac1 shows that the sender knows the public key of the receiver. mac2
 * shows that it receives at the address from which it sends: its key is a cookie that the receiver sent there. After WireGuard (Donenfeld,
 * NDSS 2017).
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { CHACHA_POLY, openBytes, sealBytes } from "./noise-cipher.ts";
import { type CookieReply, COOKIE_NONCE_BYTES, MAC_BYTES } from "./handshake-message.ts";

/** Keyed BLAKE2s with 16 bytes of result. The key has 32 bytes. */
export type Mac = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

const NO_MAC = new Uint8Array(MAC_BYTES);

/** Returns the key of mac1 of messages to the owner of a public key. */
export function mac1Key(publicKey: Uint8Array): Uint8Array {
  return labelled("mosaic mac1\n", publicKey);
}

/** Returns a message with its authenticators. `cookie` is undefined if the receiver has sent none. */
export function withAuthenticators(
  mac: Mac,
  covered: Uint8Array,
  receiver: Uint8Array,
  cookie: Uint8Array | undefined,
): { readonly bytes: Uint8Array; readonly mac1: Uint8Array } {
  const mac1 = mac(mac1Key(receiver), covered);
  const first = Buffer.concat([covered, mac1]);
  return { bytes: Buffer.concat([first, cookie === undefined ? NO_MAC : mac(cookie, first)]), mac1 };
}

/** Whether a message has the mac2 of a cookie. */
export function hasMac2(
  mac: Mac,
  { covered, mac1, mac2 }: { readonly covered: Uint8Array; readonly mac1: Uint8Array; readonly mac2: Uint8Array },
  cookie: Uint8Array,
): boolean {
  return timingSafeEqual(mac(cookie, Buffer.concat([covered, mac1])), mac2);
}

/** Returns the cookie of a source, 32 bytes. The secret is known to this node only. */
export function cookieOf(secret: Uint8Array, source: string): Uint8Array {
  return createHmac("sha256", secret).update(source).digest();
}

/** Seals a cookie for the sender of the message with this mac1: nobody else can use it. `nonce` must be new. */
export function sealCookie(own: Uint8Array, mac1: Uint8Array, nonce: Uint8Array, cookie: Uint8Array): Uint8Array {
  return sealBytes(CHACHA_POLY, cookieKey(own), nonce, mac1, cookie);
}

/** Opens the cookie in an answer of the owner of a public key to the message with this mac1. Undefined if it is none. */
export function openCookie(
  sender: Uint8Array,
  mac1: Uint8Array,
  { nonce, sealed }: Pick<CookieReply, "nonce" | "sealed">,
): Uint8Array | undefined {
  return nonce.length === COOKIE_NONCE_BYTES
    ? openBytes(CHACHA_POLY, cookieKey(sender), nonce, mac1, sealed)
    : undefined;
}

function cookieKey(publicKey: Uint8Array): Uint8Array {
  return labelled("mosaic cookie\n", publicKey);
}

function labelled(label: string, publicKey: Uint8Array): Uint8Array {
  return createHash("blake2s256").update(label).update(publicKey).digest();
}
