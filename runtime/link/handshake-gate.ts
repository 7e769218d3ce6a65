/**
 * Decides which initiations a node spends a handshake on. Each costs several Diffie-Hellman functions, and anybody who knows the public key
 * of the node can send one. While there are few, all pass. While there are many, only those pass whose sender has proved by a cookie that
 * it receives at its address, a limited number of each address and in all; others get a cookie.
 */
import { parseHostPort } from "../plan/values/host-port.ts";
import { type Authenticated, COOKIE_NONCE_BYTES, encodeMessage, type Initiation } from "./handshake-message.ts";
import { cookieOf, hasMac2, type Mac, sealCookie } from "./message-authenticators.ts";
import { TokenBuckets } from "./token-buckets.ts";

/** Handshakes in a second above which cookies are asked for, and the greatest number. */
const FREE_RATE = 50;
const RATE_MAX = 200;
/** Handshakes of an address, as in WireGuard. */
const SOURCE_LIMITS = { rate: 20, burst: 5, sources: 1024 };
/** Lifetime of the secret of cookies, in seconds. */
const SECRET_LIFETIME = 120;
const SECRET_BYTES = 32;

/** "pass": spend a handshake. "drop": do nothing. Otherwise a cookie reply to send. */
export type GateVerdict = "pass" | "drop" | Uint8Array;

export class HandshakeGate {
  readonly #own: Uint8Array;
  readonly #mac: Mac;
  readonly #random: (length: number) => Uint8Array;
  readonly #free = new TokenBuckets({ rate: FREE_RATE, burst: FREE_RATE, sources: 1 });
  readonly #all = new TokenBuckets({ rate: RATE_MAX, burst: RATE_MAX, sources: 1 });
  readonly #sources = new TokenBuckets(SOURCE_LIMITS);
  /** The present secret, and the one before: a cookie is good for up to two lifetimes. */
  #secrets: readonly Uint8Array[] = [];
  #renewAt = 0;

  /** `own` is the public key of this node. */
  constructor(own: Uint8Array, mac: Mac, random: (length: number) => Uint8Array) {
    this.#own = own;
    this.#mac = mac;
    this.#random = random;
  }

  /** Decides on a message from a numeric `host:port`, at a time in seconds. */
  admit(received: Authenticated & { readonly message: Initiation }, from: string, now: number): GateVerdict {
    if (this.#free.take("", now)) return "pass";
    this.#renewSecret(now);
    const isProven = this.#secrets.some((secret) => hasMac2(this.#mac, received, cookieOf(secret, from)));
    if (!isProven) return this.#cookieReply(received, from);
    return this.#sources.take(hostOf(from), now) && this.#all.take("", now) ? "pass" : "drop";
  }

  #renewSecret(now: number): void {
    if (now < this.#renewAt && this.#secrets.length > 0) return;
    this.#secrets = [this.#random(SECRET_BYTES), ...this.#secrets.slice(0, 1)];
    this.#renewAt = now + SECRET_LIFETIME;
  }

  #cookieReply({ message, mac1 }: Authenticated & { readonly message: Initiation }, from: string): Uint8Array {
    const nonce = this.#random(COOKIE_NONCE_BYTES);
    const cookie = cookieOf(this.#secrets[0] as Uint8Array, from);
    const sealed = sealCookie(this.#own, mac1, nonce, cookie);
    return encodeMessage({ kind: "cookie reply", receiver: message.sender, nonce, sealed });
  }
}

function hostOf(from: string): string {
  const parsed = parseHostPort(from);
  return parsed.ok ? parsed.at.host : from;
}
