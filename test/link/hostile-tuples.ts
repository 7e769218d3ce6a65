/**
 * Mutated certificates, revocations and invitations for their readers. Nothing throws, and only a tuple with the signature of the network
 * is accepted as signed.
 */
import { checkCertificate } from "../../runtime/link/certificate-check.ts";
import { decodeCertificate, issueCertificate, type Member } from "../../runtime/link/certificate.ts";
import {
  decodeInvitedNode,
  encodeInvitedNode,
  formatInvitation,
  type Invitation,
  parseInvitation,
} from "../../runtime/link/invitation.ts";
import { revoke, type Revocations, withRevocation } from "../../runtime/link/revocation.ts";
import { formatLine } from "../../runtime/link/text-line.ts";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";
import { MutatedBytes } from "../fuzz/mutated-bytes.ts";
import { ALICE, ALICE_KEY, GATEWAY_KEY, INVITED, NETWORK, NEW_YEAR, OTHER_NETWORK } from "./keys.ts";

const VALID = 40;
/** One input in so many is a valid encoding, without a change. */
const UNCHANGED_EVERY = 100;
const NONE: Revocations = new Map();
const TRUST = { network: NETWORK.publicKey, revocations: NONE };

/** How a reader judged its inputs: the number of each outcome. */
export type Judged = Readonly<Record<string, number>>;

/** Gives `count` mutated encodings to the readers. Throws an error that names the first input that breaks a promise. */
export function fuzzTuples(count: number, seed: number): Judged {
  const random = streamOf(seed, "signed tuples");
  const readers = readersOf(random);
  const judged: Record<string, number> = {};
  for (let at = 0; at < count; at++) {
    const { valid, inputs, read } = readers[at % readers.length] as TupleReader;
    const bytes =
      random.integer(UNCHANGED_EVERY) === 0 ? (valid[random.integer(valid.length)] as Uint8Array) : inputs.next();
    try {
      const outcome = read(bytes);
      judged[outcome] = (judged[outcome] ?? 0) + 1;
    } catch (error: unknown) {
      const hex = Buffer.from(bytes).toString("hex");
      throw new Error(`seed ${seed}, input ${at}: ${hex}`, { cause: error });
    }
  }
  return judged;
}

interface TupleReader {
  readonly valid: readonly Uint8Array[];
  readonly inputs: MutatedBytes;
  /** Returns the outcome with the name of the reader before it. */
  readonly read: (bytes: Uint8Array) => string;
}

function readersOf(random: RandomStream): readonly TupleReader[] {
  const members = Array.from({ length: VALID }, () => randomMember(random));
  const certificates = members.flatMap(
    (member) => issueCertificate(member, random.integer(4) === 0 ? OTHER_NETWORK : NETWORK) ?? [],
  );
  const revocations = members.map(({ name }) => revoke(NONE, name, NETWORK).bytes);
  const invitations = members.flatMap(({ name }) => bytesOf(formatInvitation({ ...INVITATION, name })));
  const invited = members.flatMap(({ name, groups }) => encodeInvitedNode({ ...INVITED, name, groups }) ?? []);
  const known = new Set([...certificates, ...revocations].map(hexOf));
  const reader = (name: string, valid: readonly Uint8Array[], outcome: (bytes: Uint8Array) => string): TupleReader => ({
    valid,
    inputs: new MutatedBytes(random, valid),
    read: (bytes) => `${name} ${outcome(bytes)}`,
  });
  return [
    reader("certificate", certificates, (bytes) => certificateOutcome(bytes, known)),
    reader("revocation", revocations, (bytes) => revocationOutcome(bytes, known)),
    reader("invitation", invitations, invitationOutcome),
    reader("invited", invited, invitedOutcome),
  ];
}

const INVITATION: Invitation = {
  at: "198.51.100.7:10000",
  member: GATEWAY_KEY,
  network: NETWORK.publicKey,
  secret: INVITED.secret,
  number: INVITED.number,
  name: INVITED.name,
  expires: INVITED.expires,
};

function randomMember(random: RandomStream): Member {
  const numbers = Array.from({ length: random.integer(5) }, (_, at) => at);
  return {
    ...ALICE,
    key: random.integer(2) === 0 ? ALICE_KEY : GATEWAY_KEY,
    name: `n${random.integer(1000)}`.padEnd(1 + random.integer(60), "-"),
    generation: random.integer(300),
    addresses: numbers.map((at) => (at % 2 === 0 ? `10.${at}.0.1/24` : `fd00::${at}/64`)),
    groups: numbers.map((at) => `group-${at}`),
    notBefore: NEW_YEAR - random.integer(1000),
  };
}

function certificateOutcome(bytes: Uint8Array, known: ReadonlySet<string>): string {
  const checked = checkCertificate(bytes, TRUST, NEW_YEAR);
  if (!checked.ok) return checked.why;
  assert(known.has(hexOf(bytes)), "an accepted certificate was issued");
  assert(decodeCertificate(bytes) !== undefined, "an accepted certificate is decoded");
  return "ok";
}

function revocationOutcome(bytes: Uint8Array, known: ReadonlySet<string>): string {
  const added = withRevocation(NONE, bytes, NETWORK.publicKey);
  if (!added.ok) return added.why;
  assert(known.has(hexOf(bytes)), "an accepted revocation was signed");
  return "ok";
}

function invitationOutcome(bytes: Uint8Array): string {
  const invitation = parseInvitation(formatLine(bytes));
  if (invitation === undefined) return "malformed";
  assert(formatInvitation(invitation) === formatLine(bytes), "an invitation has one line");
  return "ok";
}

function invitedOutcome(bytes: Uint8Array): string {
  const invited = decodeInvitedNode(bytes);
  if (invited === undefined) return "malformed";
  assert(hexOf(encodeInvitedNode(invited) ?? new Uint8Array()) === hexOf(bytes), "an invited node has one encoding");
  return "ok";
}

function bytesOf(line: string | undefined): readonly Uint8Array[] {
  return line === undefined ? [] : [Uint8Array.from(Buffer.from(line, "base64url"))];
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function assert(holds: boolean, promise: string): void {
  if (!holds) throw new Error(promise);
}
