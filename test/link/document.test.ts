import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkCertificate } from "../../runtime/link/certificate-check.ts";
import { issueCertificate } from "../../runtime/link/certificate.ts";
import { formatInvitation, parseInvitation } from "../../runtime/link/invitation.ts";
import { revoke, withRevocation } from "../../runtime/link/revocation.ts";
import { formatLine } from "../../runtime/link/text-line.ts";
import { ALICE, GATEWAY_KEY, INVITED, NETWORK, NEW_YEAR } from "./keys.ts";

/** Byte vectors of docs/wire.md for the tuples that travel alone: each is parsed from the page, decoded and encoded. */
const page = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");

function block(name: string): Uint8Array {
  const text = page.split(`\`\`\`hex ${name}\n`)[1]?.split("```")[0] ?? "";
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

test("the certificate", () => {
  const bytes = block("certificate");
  expect(Uint8Array.from(issueCertificate(ALICE, NETWORK) ?? [])).toEqual(bytes);
  const checked = checkCertificate(bytes, { network: NETWORK.publicKey, revocations: new Map() }, NEW_YEAR);
  expect(checked).toEqual({ ok: true, certificate: { ...ALICE, network: NETWORK.publicKey } });
});

test("the revocation", () => {
  const bytes = block("revocation");
  expect(Uint8Array.from(revoke(new Map(), "alice", NETWORK).bytes)).toEqual(bytes);
  const added = withRevocation(new Map(), bytes, NETWORK.publicKey);
  expect(added).toMatchObject({ ok: true, revocations: new Map([["alice", { name: "alice", generation: 1, bytes }]]) });
});

test("the invitation", () => {
  const { secret, number, name, expires } = INVITED;
  const network = NETWORK.publicKey;
  const invitation = { at: "198.51.100.7:10000", member: GATEWAY_KEY, network, secret, number, name, expires };
  const line = formatLine(block("invitation"));
  expect(formatInvitation(invitation)).toBe(line);
  expect(parseInvitation(line)).toEqual(invitation);
});
