/**
 * The symmetric state of a Noise handshake: the hash of all that both sides have seen, and the keys derived so far. States are values:
 * an operation returns the next state, so that a message that turns out to be forged changes nothing.
 */
import { type CipherState, type NoiseCipher, openWith, sealWith } from "./noise-cipher.ts";
import { deriveKeys, HASH_BYTES, hashOf, type NoiseHash } from "./noise-hash.ts";

export interface SymmetricState {
  readonly hash: NoiseHash;
  readonly cipher: NoiseCipher;
  readonly chainingKey: Uint8Array;
  /** Hash of the protocol's name, the prologue, and all public keys and ciphertexts so far. */
  readonly transcript: Uint8Array;
  /** Absent until keys have been derived. Texts are sent in plain until then. */
  readonly key?: CipherState;
}

/** A state, and the text that the operation made. */
export interface Transformed {
  readonly state: SymmetricState;
  readonly text: Uint8Array;
}

/** Returns the state in which a protocol of this name begins. */
export function initialState(protocol: string, cipher: NoiseCipher, hash: NoiseHash): SymmetricState {
  const name = Buffer.from(protocol);
  const transcript = name.length > HASH_BYTES ? hashOf(hash, name, NOTHING) : paddedName(name);
  return { hash, cipher, chainingKey: transcript, transcript };
}

export function mixHash(state: SymmetricState, text: Uint8Array): SymmetricState {
  return { ...state, transcript: hashOf(state.hash, state.transcript, text) };
}

export function mixKey(state: SymmetricState, material: Uint8Array): SymmetricState {
  const [chainingKey, key] = deriveKeys(state.hash, state.chainingKey, material, 2) as [Uint8Array, Uint8Array];
  return { ...state, chainingKey, key: { cipher: state.cipher, key, counter: 0 } };
}

export function mixKeyAndHash(state: SymmetricState, material: Uint8Array): SymmetricState {
  const derived = deriveKeys(state.hash, state.chainingKey, material, 3);
  const [chainingKey, transcript, key] = derived as [Uint8Array, Uint8Array, Uint8Array];
  const mixed = mixHash({ ...state, chainingKey }, transcript);
  return { ...mixed, key: { cipher: state.cipher, key, counter: 0 } };
}

/** Returns the ciphertext of a text, or the text itself if there is no key yet. */
export function encryptAndHash(state: SymmetricState, plain: Uint8Array): Transformed {
  const { key } = state;
  if (key === undefined) return { state: mixHash(state, plain), text: plain };
  const text = sealWith(key, state.transcript, plain);
  return { state: mixHash(advanced(state, key), text), text };
}

/** Returns the plaintext of a text. Undefined if it is not authentic. */
export function decryptAndHash(state: SymmetricState, sealed: Uint8Array): Transformed | undefined {
  const { key } = state;
  if (key === undefined) return { state: mixHash(state, sealed), text: sealed };
  const text = openWith(key, state.transcript, sealed);
  return text === undefined ? undefined : { state: mixHash(advanced(state, key), sealed), text };
}

/** Returns the keys for datagrams: of those from the initiator, and of those from the responder. */
export function split({ hash, chainingKey }: SymmetricState): readonly [initiator: Uint8Array, responder: Uint8Array] {
  const [initiator, responder] = deriveKeys(hash, chainingKey, NOTHING, 2) as [Uint8Array, Uint8Array];
  return [initiator, responder];
}

function advanced(state: SymmetricState, key: CipherState): SymmetricState {
  return { ...state, key: { ...key, counter: key.counter + 1 } };
}

function paddedName(name: Uint8Array): Uint8Array {
  const padded = new Uint8Array(HASH_BYTES);
  padded.set(name);
  return padded;
}

const NOTHING = new Uint8Array(0);
