import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkOwnCertificate } from "../../runtime/link/certificate-check.ts";
import {
  CERTIFICATE_SECONDS,
  decodeInvitedNode,
  encodeInvitedNode,
  formatInvitation,
  type Invitation,
  parseInvitation,
  redeemInvitation,
} from "../../runtime/link/invitation.ts";
import { revoke, type Revocations } from "../../runtime/link/revocation.ts";
import { formatLine, parseLine } from "../../runtime/link/text-line.ts";
import { encodeForm, tupleForm } from "../../runtime/link/tuple-form.ts";
import { ALICE_KEY, GATEWAY_KEY, INVITED, NETWORK, NEW_YEAR } from "./keys.ts";

const INVITATION: Invitation = {
  at: "198.51.100.7:10000",
  member: GATEWAY_KEY,
  network: NETWORK.publicKey,
  secret: INVITED.secret,
  number: INVITED.number,
  name: INVITED.name,
  expires: INVITED.expires,
};
const LINE = formatInvitation(INVITATION) as string;
const NONE: Revocations = new Map();

describe("an invitation", () => {
  test("is one line, which the invited node reads", () => {
    expect(LINE).toMatch(/^[\w-]{190,300}$/);
    expect(parseInvitation(LINE)).toEqual(INVITATION);
  });

  test("survives a mail program that breaks its line", () => {
    expect(parseInvitation(`  ${LINE.slice(0, 76)}\r\n${LINE.slice(76)}\n`)).toEqual(INVITATION);
  });

  test("is not read without its last character, or any more", () => {
    for (let length = 0; length < LINE.length; length++) expect(parseInvitation(LINE.slice(0, length))).toBeUndefined();
    expect(parseInvitation(`${LINE}A`)).toBeUndefined();
    expect(parseInvitation(`${LINE}.`)).toBeUndefined();
  });

  test("is not made for an address that is too long", () => {
    expect(formatInvitation({ ...INVITATION, at: `${"x".repeat(600)}:1` })).toBeUndefined();
  });

  test.each([
    ["an address without a port", { 0: "198.51.100.7" }],
    ["an address that is a number", { 0: 7 }],
    ["a short key of the member", { 1: new Uint8Array(31) }],
    ["a network that is a text", { 2: "network" }],
    ["a long secret", { 3: new Uint8Array(33) }],
    ["a negative number", { 4: -1 }],
    ["a name with a space", { 5: "a b" }],
    ["an end that is NaN", { 6: NaN }],
  ])("is not read with %s", (_, change) => {
    const { at, member, network, secret, number, name, expires } = INVITATION;
    const fields = Object.assign([at, member, network, secret, number, name, expires], change);
    const bytes = encodeForm(tupleForm("?invitation", 7, 1000), fields) as Uint8Array;
    expect(parseInvitation(formatLine(bytes))).toBeUndefined();
  });

  test("is not any other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseInvitation(text)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseInvitation(formatLine(bytes))).toBeUndefined();
      }),
    );
  });
});

describe("a line", () => {
  test("gives back its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseLine(formatLine(bytes), 1000)).toEqual(bytes);
      }),
    );
  });

  test("has at most so many bytes, and one form", () => {
    expect(parseLine(formatLine(new Uint8Array(10)), 10)).toHaveLength(10);
    expect(parseLine(formatLine(new Uint8Array(11)), 10)).toBeUndefined();
    expect(parseLine("AB", 10)).toBeUndefined();
    expect(parseLine("AA==", 10)).toBeUndefined();
  });
});

describe("an invited node", () => {
  test("is kept in a file", () => {
    expect(decodeInvitedNode(encodeInvitedNode(INVITED) as Uint8Array)).toEqual(INVITED);
    expect(encodeInvitedNode({ ...INVITED, groups: Array.from({ length: 20 }, () => "x".repeat(63)) })).toBeUndefined();
  });

  test.each([
    ["a number that is none", { 0: -1 }],
    ["a short secret", { 1: new Uint8Array(1) }],
    ["a name that is none", { 2: null }],
    ["a generation that is none", { 3: "0" }],
    ["addresses that are none", { 4: ["x"] }],
    ["groups that are none", { 5: ["X"] }],
    ["an end that is none", { 6: 0.5 }],
  ])("is not read with %s", (_, change) => {
    const { number, secret, name, generation, addresses, groups, expires } = INVITED;
    const fields = Object.assign([number, secret, name, generation, addresses, groups, expires], change);
    expect(decodeInvitedNode(encodeForm(tupleForm("?invited", 7, 2000), fields) as Uint8Array)).toBeUndefined();
  });

  test("is not read from any other bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeInvitedNode(bytes)).toBeUndefined();
      }),
    );
  });
});

describe("redeeming an invitation", () => {
  const redeem = (now: number, revocations: Revocations = NONE, invited = INVITED) =>
    redeemInvitation(invited, ALICE_KEY, { signingKey: NETWORK, revocations }, now);

  test("gives a certificate that the invited node accepts", () => {
    const redeemed = redeem(NEW_YEAR);
    const trust = { network: INVITATION.network, revocations: NONE };
    const own = { key: ALICE_KEY, name: INVITATION.name };
    const checked = checkOwnCertificate(redeemed.ok ? redeemed.certificate : new Uint8Array(), trust, own, NEW_YEAR);
    const { name, generation, addresses, groups } = INVITED;
    const times = { notBefore: NEW_YEAR - 3600, notAfter: NEW_YEAR + CERTIFICATE_SECONDS };
    expect(checked).toEqual({
      ok: true,
      certificate: { network: NETWORK.publicKey, key: ALICE_KEY, name, generation, addresses, groups, ...times },
    });
  });

  test("is refused when the invitation has expired", () => {
    expect(redeem(INVITED.expires - 1).ok).toBe(true);
    expect(redeem(INVITED.expires)).toEqual({ ok: false, why: "expired" });
  });

  test("is refused when the name was revoked after the invitation", () => {
    const revocations = new Map([["alice", revoke(NONE, "alice", NETWORK)]]);
    expect(redeem(NEW_YEAR, revocations)).toEqual({ ok: false, why: "revoked" });
    expect(redeem(NEW_YEAR, revocations, { ...INVITED, generation: 1 }).ok).toBe(true);
  });

  test("is refused when the certificate would be too long", () => {
    const groups = Array.from({ length: 16 }, (_, at) => `g${10 + at}`.padEnd(63, "x"));
    expect(redeem(NEW_YEAR, NONE, { ...INVITED, groups })).toEqual({ ok: false, why: "too long" });
  });
});
