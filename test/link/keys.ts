/** Keys and members of the tests of certificates. The secret of a key is one byte, repeated. */
import type { Member } from "../../runtime/link/certificate.ts";
import { type SigningKey, signingKeyOf } from "../../runtime/link/ed25519.ts";
import type { InvitedNode } from "../../runtime/link/invitation.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";

export const NETWORK: SigningKey = signingKeyOf(new Uint8Array(32).fill(1));
export const OTHER_NETWORK: SigningKey = signingKeyOf(new Uint8Array(32).fill(2));
export const GATEWAY_KEY: Uint8Array = keyPairOf(new Uint8Array(32).fill(3)).publicKey;
export const ALICE_KEY: Uint8Array = keyPairOf(new Uint8Array(32).fill(4)).publicKey;

/** 2026-01-01, in seconds since 1970. */
export const NEW_YEAR = 1_767_225_600;

export const ALICE: Member = {
  key: ALICE_KEY,
  name: "alice",
  generation: 0,
  addresses: ["100.64.0.2/24", "fd00::2/64"],
  groups: ["laptops", "staff"],
  notBefore: NEW_YEAR,
  notAfter: NEW_YEAR + 86_400,
};

export const INVITED: InvitedNode = {
  number: 7,
  secret: new Uint8Array(32).fill(5),
  name: "alice",
  generation: 0,
  addresses: ["100.64.0.2/24"],
  groups: ["staff"],
  expires: NEW_YEAR + 86_400,
};
