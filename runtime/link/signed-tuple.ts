/** Tuples with a signature of the network: the encoded tuple, then the 64 bytes of its Ed25519 signature. */
import type { Values } from "../plan/values/value.ts";
import { isSignatureOf, SIGNATURE_BYTES, signatureOf, type SigningKey } from "./ed25519.ts";
import { decodeForm, encodeForm, type TupleForm } from "./tuple-form.ts";

/** The signature covers this text and the tuple, so that no signature for another purpose passes for one of a tuple. */
const PURPOSE: Uint8Array = Buffer.from("mosaic signed tuple 1\n");

export interface SignedTuple {
  readonly fields: Values;
  /** Whether the owner of a public key of 32 bytes has signed the tuple. */
  readonly isSignedBy: (publicKey: Uint8Array) => boolean;
}

/** Encodes and signs a tuple. Undefined if it is longer than its form allows. */
export function signTuple(form: TupleForm, fields: Values, key: SigningKey): Uint8Array | undefined {
  const tuple = encodeForm(form, fields);
  return tuple && Buffer.concat([tuple, signatureOf(key, signedText(tuple))]);
}

/** Decodes a tuple of the form and its signature, which is not verified yet. Undefined if the bytes are anything else. */
export function decodeSigned(form: TupleForm, bytes: Uint8Array): SignedTuple | undefined {
  const length = bytes.length - SIGNATURE_BYTES;
  const tuple = length < 0 ? undefined : bytes.subarray(0, length);
  const fields = tuple && decodeForm(form, tuple);
  if (tuple === undefined || fields === undefined) return undefined;
  return { fields, isSignedBy: (publicKey) => isSignatureOf(publicKey, signedText(tuple), bytes.subarray(length)) };
}

function signedText(tuple: Uint8Array): Uint8Array {
  return Buffer.concat([PURPOSE, tuple]);
}
