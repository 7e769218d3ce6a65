/**
 * Revocations: the network says that the certificates of a name up to a generation are void. Nodes pass them on, in any order, so each is
 * signed by itself, and a node keeps the one with the highest generation of each name. A clock has no part in it: an issuer that has not
 * heard of a revocation issues a certificate that is void already.
 */
import { isCount, isKey } from "./certificate.ts";
import type { SigningKey } from "./ed25519.ts";
import { isMemberName } from "./member-name.ts";
import { decodeSigned, signTuple } from "./signed-tuple.ts";
import { tupleForm } from "./tuple-form.ts";

/** Greatest number of names whose revocations a node keeps. */
export const REVOCATIONS_MAX = 1024;

const FORM = tupleForm("?revoked", 3, 128);

/** A revocation with its bytes, which a node passes on. */
export interface Revocation {
  readonly name: string;
  /** First generation of the name that is valid again, from 1. */
  readonly generation: number;
  readonly bytes: Uint8Array;
}

/** The revocation list: the revocation of each name. */
export type Revocations = ReadonlyMap<string, Revocation>;

/** "foreign network": another network has signed it. "too many": it is authentic, but the list is full. */
export type RevocationFault = "malformed" | "foreign network" | "bad signature" | "too many";

export type RevocationOutcome =
  /** `isNew`: the list had neither it nor a later one of the name. The signature of one that is not new is not verified. */
  | { readonly ok: true; readonly isNew: boolean; readonly revocations: Revocations }
  | { readonly ok: false; readonly why: RevocationFault };

/** Returns the generation of the next certificate of a name. */
export function generationOf(revocations: Revocations, name: string): number {
  return revocations.get(name)?.generation ?? 0;
}

/** Revokes all certificates of a name that have been issued so far. */
export function revoke(revocations: Revocations, name: string, key: SigningKey): Revocation {
  const generation = generationOf(revocations, name) + 1;
  const bytes = signTuple(FORM, [key.publicKey, name, generation], key) as Uint8Array;
  return { name, generation, bytes };
}

/** Adds a revocation, which may come from a stranger, to a list. */
export function withRevocation(revocations: Revocations, bytes: Uint8Array, network: Uint8Array): RevocationOutcome {
  const signed = decodeSigned(FORM, bytes);
  const [issuer, name, generation] = signed?.fields ?? [];
  if (signed === undefined || !isKey(issuer) || !isMemberName(name) || !isCount(generation) || generation === 0) {
    return { ok: false, why: "malformed" };
  }
  if (Buffer.compare(issuer, network) !== 0) return { ok: false, why: "foreign network" };
  if (generation <= generationOf(revocations, name)) return { ok: true, isNew: false, revocations };
  if (!signed.isSignedBy(network)) return { ok: false, why: "bad signature" };
  if (revocations.size >= REVOCATIONS_MAX && !revocations.has(name)) return { ok: false, why: "too many" };
  const revocation = { name, generation, bytes: Uint8Array.from(bytes) };
  return { ok: true, isNew: true, revocations: new Map(revocations).set(name, revocation) };
}
