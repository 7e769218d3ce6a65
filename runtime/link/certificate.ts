/**
 * Certificates: the network says that a key has a name, virtual addresses and groups. docs/wire.md specifies the bytes. They come from
 * strangers, so every function here returns for any bytes, in time and memory bounded by `CERTIFICATE_MAX`.
 */
import { formatCidr, parseCidr } from "../ip/cidr.ts";
import type { Value, Values } from "../plan/values/value.ts";
import { SIGNATURE_BYTES, type SigningKey } from "./ed25519.ts";
import { KEY_BYTES } from "./key-text.ts";
import { isMemberName } from "./member-name.ts";
import { decodeSigned, type SignedTuple, signTuple } from "./signed-tuple.ts";
import { tupleForm } from "./tuple-form.ts";

/** Length of the longest certificate, in bytes. It fits into a handshake message that is one datagram. */
export const CERTIFICATE_MAX = 1024;

/** Greatest number of virtual addresses, and of groups. */
export const ENTRIES_MAX = 16;

const FORM = tupleForm("?certificate", 8, CERTIFICATE_MAX - SIGNATURE_BYTES);

/** The member that a certificate describes. Times are whole seconds since 1970. */
export interface Member {
  /** X25519 public key of its node, 32 bytes. */
  readonly key: Uint8Array;
  readonly name: string;
  /** How often the name had been revoked when the certificate was issued. */
  readonly generation: number;
  /** Different canonical CIDRs, in the order in which the user gave them. */
  readonly addresses: readonly string[];
  /** Different names in ascending order. */
  readonly groups: readonly string[];
  readonly notBefore: number;
  /** The first second in which the certificate is no longer valid. */
  readonly notAfter: number;
}

export interface Certificate extends Member {
  /** Public key of the network, 32 bytes. */
  readonly network: Uint8Array;
}

/** A certificate whose signature is not verified yet. */
export interface UnverifiedCertificate {
  readonly certificate: Certificate;
  readonly isSignedBy: SignedTuple["isSignedBy"];
}

/** Issues a certificate. Undefined if the member's addresses and groups make it too long. */
export function issueCertificate(member: Member, key: SigningKey): Uint8Array | undefined {
  const { name, generation, addresses, groups, notBefore, notAfter } = member;
  const fields = [key.publicKey, member.key, name, generation, addresses, groups, notBefore, notAfter];
  return signTuple(FORM, fields, key);
}

/** Decodes a certificate. Undefined if the bytes are anything else than `issueCertificate` returns. */
export function decodeCertificate(bytes: Uint8Array): UnverifiedCertificate | undefined {
  const signed = decodeSigned(FORM, bytes);
  const certificate = signed && certificateOf(signed.fields);
  return certificate && { certificate, isSignedBy: signed.isSignedBy };
}

/** Whether a value is the key of a node or of a network. */
export function isKey(value: Value | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === KEY_BYTES;
}

/** Whether a value is a count, or a time in seconds since 1970. */
export function isCount(value: Value | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a value is a list of virtual addresses as in a certificate. */
export function areAddresses(value: Value | undefined): value is readonly string[] {
  return isShortList(value) && value.every(isCanonicalCidr) && new Set(value).size === value.length;
}

/** Whether a value is a list of groups as in a certificate. */
export function areGroups(value: Value | undefined): value is readonly string[] {
  return isShortList(value) && value.every((name, at) => isMemberName(name) && (at === 0 || isAscending(value, at)));
}

function certificateOf(fields: Values): Certificate | undefined {
  const [network, key, name, generation, addresses, groups, notBefore, notAfter] = fields;
  if (!isKey(network) || !isKey(key) || !isMemberName(name) || !isCount(generation)) return undefined;
  if (!areAddresses(addresses) || !areGroups(groups)) return undefined;
  if (!isCount(notBefore) || !isCount(notAfter) || notBefore >= notAfter) return undefined;
  return { network, key, name, generation, addresses, groups, notBefore, notAfter };
}

function isShortList(value: Value | undefined): value is Values {
  return Array.isArray(value) && value.length <= ENTRIES_MAX;
}

function isCanonicalCidr(value: Value): boolean {
  if (typeof value !== "string") return false;
  const parsed = parseCidr(value);
  return parsed.ok && formatCidr(parsed.cidr) === value;
}

function isAscending(names: Values, at: number): boolean {
  return (names[at - 1] as string) < (names[at] as string);
}
