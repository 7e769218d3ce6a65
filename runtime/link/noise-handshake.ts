/**
 * A handshake of the Noise protocol framework, revision 34: writes and reads the messages of a pattern. Handshakes are values; a message
 * that is not authentic leaves the handshake as it was.
 */
import { type NoiseCipher, TAG_BYTES } from "./noise-cipher.ts";
import type { NoiseHash } from "./noise-hash.ts";
import { hasPresharedKey, type NoisePattern, type Token } from "./noise-pattern.ts";
import {
  decryptAndHash,
  encryptAndHash,
  initialState,
  mixHash,
  mixKey,
  mixKeyAndHash,
  type SymmetricState,
} from "./noise-symmetric-state.ts";
import { type KeyPair, sharedSecret, X25519_BYTES } from "./x25519.ts";

/** Pattern and primitives. The Diffie-Hellman function is X25519. */
export interface NoiseProtocol {
  readonly pattern: NoisePattern;
  readonly cipher: NoiseCipher;
  readonly hash: NoiseHash;
}

export interface NoiseHandshake {
  readonly protocol: NoiseProtocol;
  readonly isInitiator: boolean;
  readonly symmetric: SymmetricState;
  /** Number of messages written and read so far. */
  readonly done: number;
  readonly staticKeys: KeyPair;
  /** Absent until this side has sent its ephemeral key. */
  readonly ephemeralKeys?: KeyPair;
  readonly remoteStatic?: Uint8Array;
  readonly remoteEphemeral?: Uint8Array;
  /** The key that both sides know beforehand. It must be set before the message that mixes it. */
  readonly presharedKey?: Uint8Array;
}

/** What one side knows when a handshake begins. */
export interface NoiseBeginning {
  readonly protocol: NoiseProtocol;
  readonly isInitiator: boolean;
  /** Bytes that both sides must have in common. */
  readonly prologue: Uint8Array;
  readonly staticKeys: KeyPair;
  /** Static key of the responder, for the initiator of a pattern that needs it. */
  readonly remoteStatic?: Uint8Array;
  readonly presharedKey?: Uint8Array;
}

/** A handshake after a message: the message written, or the payload read. */
export interface NoiseStep {
  readonly handshake: NoiseHandshake;
  readonly bytes: Uint8Array;
}

/** A handshake after some tokens, and the bytes of the message: those written so far, or those not yet read. */
type Progress = NoiseStep;

/** Returns the name of a protocol, which both sides hash first. */
export function protocolName({ pattern, cipher, hash }: NoiseProtocol): string {
  return `Noise_${pattern.name}_25519_${cipher.name}_${hash.name}`;
}

export function beginHandshake({ prologue, ...beginning }: NoiseBeginning): NoiseHandshake {
  const { protocol, isInitiator, staticKeys, remoteStatic } = beginning;
  const initial = initialState(protocolName(protocol), protocol.cipher, protocol.hash);
  const hashed = mixHash(initial, prologue);
  const responder = isInitiator ? remoteStatic : staticKeys.publicKey;
  const isKnown = protocol.pattern.knowsResponder && responder !== undefined;
  return { ...beginning, symmetric: isKnown ? mixHash(hashed, responder) : hashed, done: 0 };
}

/** Whether all messages have been written and read, so that `split` gives the keys for datagrams. */
export function isComplete({ protocol, done }: NoiseHandshake): boolean {
  return done === protocol.pattern.messages.length;
}

/**
 * Writes the next message, which must be this side's. `ephemeralKeys` must be new. Returns undefined if the other side has sent a public
 * key with which there is no shared secret.
 */
export function writeMessage(
  handshake: NoiseHandshake,
  ephemeralKeys: KeyPair,
  payload: Uint8Array,
): NoiseStep | undefined {
  let progress: Progress | undefined = { handshake, bytes: NOTHING };
  for (const token of nextTokens(handshake)) {
    progress = progress === undefined ? undefined : writeToken(progress, token, ephemeralKeys);
  }
  if (progress === undefined) return undefined;
  return written(progress, encryptAndHash(progress.handshake.symmetric, payload), 1);
}

/** Reads the next message, which must be the other side's. Returns undefined if it is not authentic. */
export function readMessage(handshake: NoiseHandshake, message: Uint8Array): NoiseStep | undefined {
  let progress: Progress | undefined = { handshake, bytes: message };
  for (const token of nextTokens(handshake)) {
    progress = progress === undefined ? undefined : readToken(progress, token);
  }
  if (progress === undefined) return undefined;
  const payload = decryptAndHash(progress.handshake.symmetric, progress.bytes);
  if (payload === undefined) return undefined;
  const { done } = handshake;
  return { handshake: { ...progress.handshake, symmetric: payload.state, done: done + 1 }, bytes: payload.text };
}

function nextTokens({ protocol, done }: NoiseHandshake): readonly Token[] {
  return protocol.pattern.messages[done] as readonly Token[];
}

function writeToken(progress: Progress, token: Token, ephemeralKeys: KeyPair): Progress | undefined {
  if (token === "e") return writeEphemeral(progress, ephemeralKeys);
  if (token === "s") return writeStatic(progress);
  return mixToken(progress, token);
}

function readToken(progress: Progress, token: Token): Progress | undefined {
  if (token === "e") return readEphemeral(progress);
  if (token === "s") return readStatic(progress);
  return mixToken(progress, token);
}

function writeEphemeral({ handshake, bytes }: Progress, ephemeralKeys: KeyPair): Progress {
  const { publicKey } = ephemeralKeys;
  return {
    handshake: { ...mixEphemeral(handshake, publicKey), ephemeralKeys },
    bytes: Buffer.concat([bytes, publicKey]),
  };
}

function readEphemeral({ handshake, bytes }: Progress): Progress | undefined {
  if (bytes.length < X25519_BYTES) return undefined;
  const remoteEphemeral = bytes.slice(0, X25519_BYTES);
  return {
    handshake: { ...mixEphemeral(handshake, remoteEphemeral), remoteEphemeral },
    bytes: bytes.subarray(X25519_BYTES),
  };
}

/** With a preshared key the ephemeral key also makes a key, so that no key depends on the preshared one alone. */
function mixEphemeral(handshake: NoiseHandshake, publicKey: Uint8Array): NoiseHandshake {
  const symmetric = mixHash(handshake.symmetric, publicKey);
  const isMixed = hasPresharedKey(handshake.protocol.pattern);
  return { ...handshake, symmetric: isMixed ? mixKey(symmetric, publicKey) : symmetric };
}

function writeStatic(progress: Progress): Progress {
  const { symmetric, staticKeys } = progress.handshake;
  return written(progress, encryptAndHash(symmetric, staticKeys.publicKey), 0);
}

function readStatic({ handshake, bytes }: Progress): Progress | undefined {
  const length = X25519_BYTES + (handshake.symmetric.key === undefined ? 0 : TAG_BYTES);
  if (bytes.length < length) return undefined;
  const remote = decryptAndHash(handshake.symmetric, bytes.subarray(0, length));
  if (remote === undefined) return undefined;
  const remoteStatic = Uint8Array.from(remote.text);
  return { handshake: { ...handshake, symmetric: remote.state, remoteStatic }, bytes: bytes.subarray(length) };
}

function written(
  { handshake, bytes }: Progress,
  { state, text }: ReturnType<typeof encryptAndHash>,
  done: number,
): Progress {
  return {
    handshake: { ...handshake, symmetric: state, done: handshake.done + done },
    bytes: Buffer.concat([bytes, text]),
  };
}

function mixToken({ handshake, bytes }: Progress, token: "ee" | "es" | "se" | "ss" | "psk"): Progress | undefined {
  const { symmetric, presharedKey } = handshake;
  if (token === "psk") {
    return { handshake: { ...handshake, symmetric: mixKeyAndHash(symmetric, presharedKey as Uint8Array) }, bytes };
  }
  const secret = secretOf(handshake, token);
  return secret === undefined
    ? undefined
    : { handshake: { ...handshake, symmetric: mixKey(symmetric, secret) }, bytes };
}

/** The pattern guarantees that the keys of a token have been sent or were known beforehand. */
function secretOf(handshake: NoiseHandshake, token: "ee" | "es" | "se" | "ss"): Uint8Array | undefined {
  const [own, remote] = handshake.isInitiator ? [token[0], token[1]] : [token[1], token[0]];
  const pair = own === "e" ? (handshake.ephemeralKeys as KeyPair) : handshake.staticKeys;
  const publicKey = remote === "e" ? handshake.remoteEphemeral : handshake.remoteStatic;
  return sharedSecret(pair, publicKey as Uint8Array);
}

const NOTHING = new Uint8Array(0);
