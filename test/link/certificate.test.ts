import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkCertificate, checkOwnCertificate, faultAt, validFor } from "../../runtime/link/certificate-check.ts";
import { CERTIFICATE_MAX, decodeCertificate, ENTRIES_MAX, issueCertificate } from "../../runtime/link/certificate.ts";
import { revoke, type Revocations } from "../../runtime/link/revocation.ts";
import { tupleForm } from "../../runtime/link/tuple-form.ts";
import { signTuple } from "../../runtime/link/signed-tuple.ts";
import { arbitraryValue } from "../arbitrary-value.ts";
import { ALICE, ALICE_KEY, GATEWAY_KEY, NETWORK, NEW_YEAR, OTHER_NETWORK } from "./keys.ts";

const NONE: Revocations = new Map();
const TRUST = { network: NETWORK.publicKey, revocations: NONE };
const NOON = NEW_YEAR + 43_200;
const CERTIFICATE = issueCertificate(ALICE, NETWORK) as Uint8Array;
const FORM = tupleForm("?certificate", 8, 4096);

function why(bytes: Uint8Array, { trust = TRUST, now = NOON } = {}): string {
  const checked = checkCertificate(bytes, trust, now);
  return checked.ok ? checked.certificate.name : checked.why;
}

/** A certificate with other fields, signed by the network. */
function withFields(change: Readonly<Record<number, unknown>>): Uint8Array | undefined {
  const { key, name, generation, addresses, groups, notBefore, notAfter } = ALICE;
  const fields = [NETWORK.publicKey, key, name, generation, addresses, groups, notBefore, notAfter];
  return signTuple(FORM, Object.assign(fields, change), NETWORK);
}

describe("a certificate", () => {
  test("gives back what it was issued for", () => {
    const checked = checkCertificate(CERTIFICATE, TRUST, NOON);
    expect(checked).toEqual({ ok: true, certificate: { ...ALICE, network: NETWORK.publicKey } });
  });

  test("is valid from its first second to the one before its last", () => {
    const seconds = [ALICE.notBefore - 1, ALICE.notBefore, ALICE.notAfter - 1, ALICE.notAfter];
    expect(seconds.map((now) => why(CERTIFICATE, { now }))).toEqual(["not yet valid", "alice", "alice", "expired"]);
  });

  test("of another network is foreign, whoever signs it", () => {
    const foreign = issueCertificate(ALICE, OTHER_NETWORK) as Uint8Array;
    expect(why(foreign)).toBe("foreign network");
    expect(why(foreign, { trust: { ...TRUST, network: OTHER_NETWORK.publicKey } })).toBe("alice");
  });

  test("needs the signature of the network that it names", () => {
    const forged = signTuple(FORM, [NETWORK.publicKey, ...fieldsAfterNetwork()], OTHER_NETWORK) as Uint8Array;
    expect(why(forged)).toBe("bad signature");
  });

  test("is revoked until its name has a new generation", () => {
    const revocation = revoke(NONE, "alice", NETWORK);
    const trust = { ...TRUST, revocations: new Map([["alice", revocation]]) };
    const renewed = issueCertificate({ ...ALICE, generation: 1 }, NETWORK) as Uint8Array;
    expect(why(CERTIFICATE, { trust })).toBe("revoked");
    expect(why(renewed, { trust })).toBe("alice");
    expect(why(CERTIFICATE, { trust: { ...TRUST, revocations: new Map([["bob", revocation]]) } })).toBe("alice");
  });

  test("of a verified member is judged again without its bytes", () => {
    const certificate = { ...ALICE, network: NETWORK.publicKey };
    const times = [NEW_YEAR - 1, NOON, ALICE.notAfter];
    expect(times.map((now) => faultAt(certificate, NONE, now))).toEqual(["not yet valid", undefined, "expired"]);
  });

  test("has at most 1,024 bytes", () => {
    const addresses = Array.from({ length: ENTRIES_MAX }, (_, at) => `fd00:1:1:${at + 1}:1111:2222:3333:4444/128`);
    const groups = Array.from({ length: ENTRIES_MAX }, (_, at) => `group-${10 + at}`);
    const longest = issueCertificate({ ...ALICE, addresses, groups: [] }, NETWORK);
    expect(longest?.length).toBeLessThanOrEqual(CERTIFICATE_MAX);
    expect(why(longest as Uint8Array)).toBe("alice");
    const long = groups.map((name) => name.padEnd(63, "x"));
    expect(issueCertificate({ ...ALICE, addresses, groups: long }, NETWORK)).toBeUndefined();
    expect(why(withFields({ 4: addresses, 5: long }) as Uint8Array)).toBe("malformed");
  });
});

describe("a signed tuple is no certificate", () => {
  test.each([
    ["a network of 31 bytes", { 0: new Uint8Array(31) }],
    ["a key of 33 bytes", { 1: new Uint8Array(33) }],
    ["a key that is a text", { 1: "key" }],
    ["an empty name", { 2: "" }],
    ["a name of 64 characters", { 2: "x".repeat(64) }],
    ["a name with escape codes", { 2: "\u001b[2J" }],
    ["a name that is an address", { 2: "10.0.0.1:10000" }],
    ["a name with a capital letter", { 2: "Alice" }],
    ["a negative generation", { 3: -1 }],
    ["a generation with a fraction", { 3: 0.5 }],
    ["addresses that are no list", { 4: "100.64.0.2/24" }],
    ["an address without a prefix", { 4: ["100.64.0.2"] }],
    ["an address in another notation", { 4: ["fd00:0::2/64"] }],
    ["an address that is a number", { 4: [1] }],
    ["an address twice", { 4: ["100.64.0.2/24", "100.64.0.2/24"] }],
    ["17 addresses", { 4: Array.from({ length: 17 }, (_, at) => `10.0.0.${at}/8`) }],
    ["groups that are no list", { 5: null }],
    ["groups in another order", { 5: ["staff", "laptops"] }],
    ["a group twice", { 5: ["staff", "staff"] }],
    ["a group that is no name", { 5: ["Staff"] }],
    ["a time that is NaN", { 6: NaN }],
    ["an end that is infinite", { 7: Infinity }],
    ["an end at its beginning", { 7: NEW_YEAR }],
  ])("with %s", (_, change) => {
    expect(why(withFields(change) as Uint8Array)).toBe("malformed");
  });

  test("with a field more or less", () => {
    const fields = [NETWORK.publicKey, ...fieldsAfterNetwork()];
    expect(why(signTuple(FORM, [...fields, 1], NETWORK) as Uint8Array)).toBe("malformed");
    expect(why(signTuple(FORM, fields.slice(0, -1), NETWORK) as Uint8Array)).toBe("malformed");
  });

  test("of another name", () => {
    const form = tupleForm("certificate", 8, 4096);
    const bytes = signTuple(form, [NETWORK.publicKey, ...fieldsAfterNetwork()], NETWORK) as Uint8Array;
    expect(why(bytes)).toBe("malformed");
  });

  test("with any other fields", () => {
    fc.assert(
      fc.property(fc.nat(7), arbitraryValue(), (at, value) => {
        // A field that no datagram could hold cannot be signed.
        const bytes = withFields({ [at]: value }) ?? CERTIFICATE;
        const checked = checkCertificate(bytes, TRUST, NOON);
        const again = checked.ok ? issueCertificate(checked.certificate, NETWORK) : bytes;
        expect(again).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe("any other bytes", () => {
  test("are malformed or have a bad signature, if one bit differs", () => {
    for (let bit = 0; bit < CERTIFICATE.length * 8; bit++) {
      const changed = Uint8Array.from(CERTIFICATE);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(["malformed", "foreign network", "bad signature"]).toContain(why(changed));
    }
  });

  test("are malformed, if a byte is missing at the end or one follows", () => {
    for (let length = 0; length < CERTIFICATE.length; length++) {
      expect(why(CERTIFICATE.subarray(0, length))).toBe("malformed");
    }
    expect(why(Buffer.concat([CERTIFICATE, new Uint8Array(1)]))).toBe("malformed");
  });

  test("are malformed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), (bytes) => {
        expect(decodeCertificate(bytes)).toBeUndefined();
      }),
    );
  });
});

describe("a node's own certificate", () => {
  test("is for its key and the name that it was promised", () => {
    const own = (key: Uint8Array, name: string | undefined): string => {
      const checked = checkOwnCertificate(CERTIFICATE, TRUST, { key, name }, NOON);
      return checked.ok ? "ok" : checked.why;
    };
    expect(own(ALICE_KEY, "alice")).toBe("ok");
    expect(own(ALICE_KEY, undefined)).toBe("ok");
    expect(own(GATEWAY_KEY, "alice")).toBe("another key");
    expect(own(ALICE_KEY, "bob")).toBe("another name");
  });

  test("has the faults of every certificate", () => {
    const own = { key: ALICE_KEY, name: "alice" };
    expect(checkOwnCertificate(new Uint8Array(), TRUST, own, NOON)).toEqual({ ok: false, why: "malformed" });
  });
});

test("a new certificate is valid for clocks that are up to an hour behind", () => {
  expect(validFor(NEW_YEAR + 0.5, 60)).toEqual({ notBefore: NEW_YEAR - 3600, notAfter: NEW_YEAR + 60 });
  expect(validFor(10, 0.5)).toEqual({ notBefore: 0, notAfter: 11 });
});

function fieldsAfterNetwork(): readonly (Uint8Array | string | number | readonly string[])[] {
  const { key, name, generation, addresses, groups, notBefore, notAfter } = ALICE;
  return [key, name, generation, addresses, groups, notBefore, notAfter];
}
