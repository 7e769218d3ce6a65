/**
 * Invitations: one line of text with which a node joins a network. It holds a secret, so it must not reach logs or command lines. The
 * member that made it keeps an `InvitedNode` under the same number, and issues the certificate in the first handshake.
 */
import { isNodeAddress } from "../plan/values/host-port.ts";
import { areAddresses, areGroups, isCount, isKey, issueCertificate } from "./certificate.ts";
import { validFor } from "./certificate-check.ts";
import type { SigningKey } from "./ed25519.ts";
import { isMemberName } from "./member-name.ts";
import { generationOf, type Revocations } from "./revocation.ts";
import { formatLine, parseLine } from "./text-line.ts";
import { decodeForm, encodeForm, tupleForm } from "./tuple-form.ts";

/** Length of the longest invitation, in bytes. */
const INVITATION_MAX = 512;
const INVITED_MAX = 1024;

const INVITATION = tupleForm("?invitation", 7, INVITATION_MAX);
const INVITED = tupleForm("?invited", 7, INVITED_MAX);

/** What the invited node gets to know. */
export interface Invitation {
  /** HOST:PORT of the member that invites. */
  readonly at: string;
  /** X25519 public key of that member. */
  readonly member: Uint8Array;
  /** Ed25519 public key of the network. */
  readonly network: Uint8Array;
  /** Preshared key of the first handshake, 32 bytes of chance. */
  readonly secret: Uint8Array;
  /** Number of the invitation, which the first handshake names. It tells nothing else. */
  readonly number: number;
  /** Name that the certificate will give the node. */
  readonly name: string;
  /** Time from which on the invitation is void, in seconds since 1970. */
  readonly expires: number;
}

/** What the inviting member keeps until the invitation is used. */
export interface InvitedNode {
  readonly number: number;
  readonly secret: Uint8Array;
  readonly name: string;
  /** Generation of the certificate. */
  readonly generation: number;
  readonly addresses: readonly string[];
  readonly groups: readonly string[];
  readonly expires: number;
}

/** "revoked": the name was revoked after the invitation. "too long": addresses and groups do not fit into a certificate. */
export type Redemption =
  | { readonly ok: true; readonly certificate: Uint8Array }
  | { readonly ok: false; readonly why: "expired" | "revoked" | "too long" };

/** Time for which the certificate of an invited node is valid, in seconds: 365 days. */
export const CERTIFICATE_SECONDS: number = 365 * 24 * 3600;

/** Returns the line of an invitation. Undefined if the address of the member is too long. */
export function formatInvitation(invitation: Invitation): string | undefined {
  const { at, member, network, secret, number, name, expires } = invitation;
  const bytes = encodeForm(INVITATION, [at, member, network, secret, number, name, expires]);
  return bytes && formatLine(bytes);
}

/** Parses the line of an invitation. Returns undefined for any other text. */
export function parseInvitation(line: string): Invitation | undefined {
  const bytes = parseLine(line, INVITATION_MAX);
  const fields = bytes && decodeForm(INVITATION, bytes);
  const [at, member, network, secret, number, name, expires] = fields ?? [];
  if (typeof at !== "string" || !isNodeAddress(at) || !isKey(member) || !isKey(network)) return undefined;
  if (!isKey(secret) || !isCount(number) || !isMemberName(name) || !isCount(expires)) return undefined;
  return { at, member, network, secret, number, name, expires };
}

/** Encodes an invited node for the files of the member. Undefined if addresses and groups are too many. */
export function encodeInvitedNode(invited: InvitedNode): Uint8Array | undefined {
  const { number, secret, name, generation, addresses, groups, expires } = invited;
  return encodeForm(INVITED, [number, secret, name, generation, addresses, groups, expires]);
}

/** Decodes an invited node. Returns undefined for any other bytes. */
export function decodeInvitedNode(bytes: Uint8Array): InvitedNode | undefined {
  const [number, secret, name, generation, addresses, groups, expires] = decodeForm(INVITED, bytes) ?? [];
  if (!isCount(number) || !isKey(secret) || !isMemberName(name) || !isCount(generation)) return undefined;
  if (!areAddresses(addresses) || !areGroups(groups) || !isCount(expires)) return undefined;
  return { number, secret, name, generation, addresses, groups, expires };
}

/**
 * Issues the certificate of an invited node whose handshake has proved its public key and the secret of the invitation. The caller
 * guarantees that each invitation is redeemed once.
 */
export function redeemInvitation(
  invited: InvitedNode,
  key: Uint8Array,
  network: { readonly signingKey: SigningKey; readonly revocations: Revocations },
  now: number,
): Redemption {
  const { name, generation, addresses, groups, expires } = invited;
  if (now >= expires) return { ok: false, why: "expired" };
  if (generation < generationOf(network.revocations, name)) return { ok: false, why: "revoked" };
  const member = { key, name, generation, addresses, groups, ...validFor(now, CERTIFICATE_SECONDS) };
  const certificate = issueCertificate(member, network.signingKey);
  return certificate === undefined ? { ok: false, why: "too long" } : { ok: true, certificate };
}
