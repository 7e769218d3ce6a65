/** What the two sides of a handshake tell each other, encrypted inside its messages (docs/wire.md). */
import type { SessionKeys } from "../world/links.ts";
import { CERTIFICATE_MAX, isCount } from "./certificate.ts";
import { decodeForm, encodeForm, tupleForm } from "./tuple-form.ts";

export type SessionCipher = SessionKeys["cipher"];

/** Payload of the first message. */
export interface Hello {
  /** Milliseconds since 1970. A node refuses a hello that is not newer than the last one of the same key. */
  readonly time: number;
  /** Whether the initiator's processor has instructions for AES. */
  readonly hasAes: boolean;
  /** Certificate of the initiator; undefined for a node without a network. */
  readonly certificate: Uint8Array | undefined;
  /** Number of the invitation whose secret is the preshared key; undefined for a node that is a member. */
  readonly invitation: number | undefined;
}

/** Payload of the second message. */
export interface Welcome {
  /** Cipher of the datagrams. */
  readonly cipher: SessionCipher;
  /** Certificate of the responder, or the one that it has issued for the invited initiator. */
  readonly certificate: Uint8Array | undefined;
}

const EXTRA_MAX = 48;
const HELLO = tupleForm("?hello", 4, CERTIFICATE_MAX + EXTRA_MAX);
const WELCOME = tupleForm("?welcome", 2, CERTIFICATE_MAX + EXTRA_MAX);
const LENGTH_BYTES = 2;

/**
 * Length of a hello of a member. All are padded to it, so that the response, which has a certificate as well, is not longer than its
 * initiation. The whole message fits the least MTU of IPv6.
 */
const PADDED_BYTES: number = LENGTH_BYTES + HELLO.bytesMax;

/** Encodes a hello. `isPadded`: whether the answer may have a certificate. */
export function encodeHello({ time, hasAes, certificate, invitation }: Hello, isPadded: boolean): Uint8Array {
  const tuple = encodeForm(HELLO, [time, hasAes, certificate ?? null, invitation ?? null]) as Uint8Array;
  const padded = Buffer.alloc(isPadded ? PADDED_BYTES : LENGTH_BYTES + tuple.length);
  padded.writeUInt16BE(tuple.length);
  padded.set(tuple, LENGTH_BYTES);
  return padded;
}

/** Decodes a hello, with the length to which it was padded. Undefined if the bytes are none. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + (((bytes[0] as number) << 8) | (bytes[1] as number));
  if (end > bytes.length || bytes.subarray(end).some((byte) => byte !== 0)) return undefined;
  const [time, hasAes, certificate, invitation] = decodeForm(HELLO, bytes.subarray(LENGTH_BYTES, end)) ?? [];
  if (!isCount(time) || typeof hasAes !== "boolean") return undefined;
  if (certificate !== null && !(certificate instanceof Uint8Array)) return undefined;
  if (invitation !== null && !isCount(invitation)) return undefined;
  return { time, hasAes, certificate: certificate ?? undefined, invitation: invitation ?? undefined };
}

export function encodeWelcome({ cipher, certificate }: Welcome): Uint8Array {
  return encodeForm(WELCOME, [cipher, certificate ?? null]) as Uint8Array;
}

export function decodeWelcome(bytes: Uint8Array): Welcome | undefined {
  const [cipher, certificate] = decodeForm(WELCOME, bytes) ?? [];
  if (cipher !== "aes-256-gcm" && cipher !== "chacha20-poly1305") return undefined;
  if (certificate !== null && !(certificate instanceof Uint8Array)) return undefined;
  return { cipher, certificate: certificate ?? undefined };
}
