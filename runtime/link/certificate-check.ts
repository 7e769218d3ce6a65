/** The checks that make a certificate trusted, and the times of new certificates. */
import { type Certificate, decodeCertificate } from "./certificate.ts";
import { generationOf, type Revocations } from "./revocation.ts";

/** Why a certificate is not trusted. "foreign network": another network has issued it. */
export type CertificateFault =
  | "malformed"
  | "foreign network"
  | "bad signature"
  | "not yet valid"
  | "expired"
  | "revoked";

/** Why a node does not accept a certificate as its own. */
export type OwnCertificateFault = CertificateFault | "another key" | "another name";

export type CertificateCheck<Fault = CertificateFault> =
  | { readonly ok: true; readonly certificate: Certificate }
  | { readonly ok: false; readonly why: Fault };

/** Whom a node trusts. */
export interface Trust {
  /** Public key of the node's network. */
  readonly network: Uint8Array;
  readonly revocations: Revocations;
}

/** How much the clock of an issuer may be ahead of another, in seconds. Certificates are valid for so long before they are issued. */
const CLOCK_DIFFERENCE = 3600;

/**
 * Checks the certificate of a peer. `now` is in seconds since 1970. The cheap checks come first; the signature is the only expensive one.
 */
export function checkCertificate(bytes: Uint8Array, { network, revocations }: Trust, now: number): CertificateCheck {
  const decoded = decodeCertificate(bytes);
  if (decoded === undefined) return refused("malformed");
  const { certificate, isSignedBy } = decoded;
  if (!isSame(certificate.network, network)) return refused("foreign network");
  if (!isSignedBy(network)) return refused("bad signature");
  const why = faultAt(certificate, revocations, now);
  return why === undefined ? { ok: true, certificate } : refused(why);
}

/** Why an authentic certificate is not valid at a time. A node asks again whenever time passes or a revocation arrives. */
export function faultAt(
  { name, generation, notBefore, notAfter }: Certificate,
  revocations: Revocations,
  now: number,
): "not yet valid" | "expired" | "revoked" | undefined {
  if (generation < generationOf(revocations, name)) return "revoked";
  if (now < notBefore) return "not yet valid";
  return now >= notAfter ? "expired" : undefined;
}

/**
 * Checks a certificate that a node is to take as its own. `key` is the public key of the node, `name` the name that it was promised, if
 * it was promised one.
 */
export function checkOwnCertificate(
  bytes: Uint8Array,
  trust: Trust,
  { key, name }: { readonly key: Uint8Array; readonly name: string | undefined },
  now: number,
): CertificateCheck<OwnCertificateFault> {
  const checked = checkCertificate(bytes, trust, now);
  if (!checked.ok) return checked;
  if (!isSame(checked.certificate.key, key)) return refused("another key");
  return name !== undefined && checked.certificate.name !== name ? refused("another name") : checked;
}

/** Returns the times of a certificate that is issued now for so many seconds. */
export function validFor(now: number, seconds: number): { readonly notBefore: number; readonly notAfter: number } {
  const second = Math.floor(now);
  return { notBefore: Math.max(0, second - CLOCK_DIFFERENCE), notAfter: second + Math.ceil(seconds) };
}

function refused<Fault>(why: Fault): { readonly ok: false; readonly why: Fault } {
  return { ok: false, why };
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
