/** Whom a node trusts: the owner of a pinned key, or the owner of a key with a certificate of the network. */
import { type Certificate } from "./certificate.ts";
import { checkCertificate, type CertificateFault, type Trust } from "./certificate-check.ts";
import type { LinkRefusal } from "./link-counts.ts";

/** The name of a key, or why it has none. */
export type Identified =
  | { readonly ok: true; readonly name: string; readonly certificate: Certificate }
  | { readonly ok: false; readonly why: LinkRefusal };

const REFUSALS: Readonly<Record<CertificateFault, LinkRefusal>> = {
  malformed: "malformed certificate",
  "foreign network": "foreign certificate",
  "bad signature": "forged certificate",
  "not yet valid": "early certificate",
  expired: "expired certificate",
  revoked: "revoked certificate",
};

/** Identifies the owner of a key by its certificate. `now` is in seconds since 1970. */
export function identify(
  key: Uint8Array,
  certificate: Uint8Array | undefined,
  trust: Trust | undefined,
  now: number,
): Identified {
  if (trust === undefined || certificate === undefined) return { ok: false, why: "unknown key" };
  const checked = checkCertificate(certificate, trust, now);
  if (!checked.ok) return { ok: false, why: REFUSALS[checked.why] };
  if (Buffer.compare(checked.certificate.key, key) !== 0) return { ok: false, why: "another key" };
  return { ok: true, name: checked.certificate.name, certificate: checked.certificate };
}
