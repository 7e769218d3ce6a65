/**
 * The handshake of a link as Noise IKpsk2: the first message carries a `Hello`, the second a `Welcome`, and both sides then have the
 * keys of a session. Functions of values only. link-layer.ts decides when they are called, and whom to answer.
 */
import { BLAKE2S } from "./noise-hash.ts";
import { CHACHA_POLY } from "./noise-cipher.ts";
import {
  beginHandshake,
  type NoiseHandshake,
  type NoiseProtocol,
  readMessage,
  writeMessage,
} from "./noise-handshake.ts";
import { IK_PSK2 } from "./noise-pattern.ts";
import { split } from "./noise-symmetric-state.ts";
import { KEY_BYTES } from "./key-text.ts";
import {
  decodeHello,
  decodeWelcome,
  encodeHello,
  encodeWelcome,
  type Hello,
  type Welcome,
} from "./handshake-payload.ts";
import type { KeyPair } from "./x25519.ts";

const PROTOCOL: NoiseProtocol = { pattern: IK_PSK2, cipher: CHACHA_POLY, hash: BLAKE2S };
const PROLOGUE = "mosaic link 1\n";

/** Preshared key of a handshake without one. */
export const NO_SECRET: Uint8Array = new Uint8Array(KEY_BYTES);

/** Keys for datagrams to the peer, and for those from it. */
export interface DatagramKeys {
  readonly sealKey: Uint8Array;
  readonly openKey: Uint8Array;
}

/** A side of a handshake. `network` is undefined between nodes that have pinned each other's keys. */
export interface Side {
  readonly keys: KeyPair;
  readonly network: Uint8Array | undefined;
}

/** First message that has been read. */
export interface ReadInitiation {
  readonly handshake: NoiseHandshake;
  /** Public key of the initiator, which has proved that it has the secret. */
  readonly key: Uint8Array;
  readonly hello: Hello;
}

/**
 * Writes the first message to the owner of `key`. `ephemeral` must be new. Returns undefined if there is no shared secret with the key.
 */
export function writeInitiation(
  side: Side,
  key: Uint8Array,
  secret: Uint8Array,
  ephemeral: KeyPair,
  hello: Hello,
): { readonly handshake: NoiseHandshake; readonly noise: Uint8Array } | undefined {
  const handshake = beginHandshake({ ...beginning(side, true), remoteStatic: key, presharedKey: secret });
  const step = writeMessage(handshake, ephemeral, encodeHello(hello, side.network !== undefined));
  return step && { handshake: step.handshake, noise: step.bytes };
}

/** Reads the first message. Undefined if it is not authentic, or for another node or network. */
export function readInitiation(side: Side, noise: Uint8Array): ReadInitiation | undefined {
  const step = readMessage(beginHandshake(beginning(side, false)), noise);
  const hello = step && decodeHello(step.bytes);
  const key = step?.handshake.remoteStatic;
  return hello && key && { handshake: step.handshake, key, hello };
}

/** Writes the second message. `ephemeral` must be new. Undefined if there is no shared secret with the initiator's keys. */
export function writeResponse(
  { handshake }: ReadInitiation,
  secret: Uint8Array,
  ephemeral: KeyPair,
  welcome: Welcome,
): { readonly noise: Uint8Array; readonly keys: DatagramKeys } | undefined {
  const step = writeMessage({ ...handshake, presharedKey: secret }, ephemeral, encodeWelcome(welcome));
  if (step === undefined) return undefined;
  const [openKey, sealKey] = split(step.handshake.symmetric);
  return { noise: step.bytes, keys: { sealKey, openKey } };
}

/** Reads the second message. Undefined if it is not the answer of the owner of the key to this handshake. */
export function readResponse(
  handshake: NoiseHandshake,
  noise: Uint8Array,
): { readonly welcome: Welcome; readonly keys: DatagramKeys } | undefined {
  const step = readMessage(handshake, noise);
  const welcome = step && decodeWelcome(step.bytes);
  if (step === undefined || welcome === undefined) return undefined;
  const [sealKey, openKey] = split(step.handshake.symmetric);
  return { welcome, keys: { sealKey, openKey } };
}

function beginning({ keys, network }: Side, isInitiator: boolean): Parameters<typeof beginHandshake>[0] {
  const prologue = Buffer.concat([Buffer.from(PROLOGUE), network ?? NO_SECRET]);
  return { protocol: PROTOCOL, isInitiator, prologue, staticKeys: keys };
}
