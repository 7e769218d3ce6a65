import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const TABLES = `
overlay way.
materialize(addressMap, infinity, infinity, keys(1)).
materialize(seen, 10, 100, keys(1)).
materialize(banned, infinity, infinity, keys(1)).
`;

const BLIND: Readonly<Record<string, readonly [rule: string, ...tables: string[]]>> = {
  "hands a packet on": ["r: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).", "way.addressMap"],
  "looks at what its header says": [
    "r: tun@A(P) :- tun(P, Src, Dest, 17, TTL), TTL > 1, addressMap(Dest, A), !banned(Src).",
    "way.banned",
    "way.addressMap",
  ],
  "computes with what is no packet": [
    "r: tun@A(P) :- tun(P, _, Dest), D := f_sha1(Dest), addressMap(D, A).",
    "way.addressMap",
  ],
  "sends it on in an overlay": [
    "r: way.send@Next(Dest, P) :- way.send(Dest, P), addressMap(Dest, Next).",
    "way.addressMap",
  ],
  "takes it out of an overlay": ["r: way.recv(P) :- way.send(Dest, P), localAddr(Dest).", "way.localAddr"],
};

const SEEING: Readonly<Record<string, string>> = {
  "reads bytes": "r: tun@A(P) :- tun(P, _, Dest), f_u8(P, 1) == 0, addressMap(Dest, A).",
  "asks for the length": "r: tun@A(P) :- tun(P, _, Dest), L := f_size(P), addressMap(L, A).",
  "looks bytes up": "r: tun@A(P) :- tun(P), addressMap(P, A).",
  "compares them": "r: tun@A(P) :- tun(P, Src, Dest), P != Src, addressMap(Dest, A).",
  "changes them": "r: tun@A(Q) :- tun(P, _, Dest), Q := f_slice(P, 0, 20), addressMap(Dest, A).",
  "makes them an address": "r: way.send(P, P) :- tun(P, _, Dest), addressMap(Dest, _).",
  "takes them for something else": "r: tun@A(P) :- tun(P, _, Dest), Q := P, addressMap(Dest, A), !seen(Q).",
  "draws lots": "r: tun@A(P) :- tun(P, _, Dest), f_coinFlip(0.5) == 1, addressMap(Dest, A).",
  "looks at the clock": "r: tun@A(P) :- tun(P, _, Dest), f_now() > 5, addressMap(Dest, A).",
  "asks who sent it": "r: tun@A(P) :- way.recv(P), f_src() != null, addressMap(1, A).",
  "hears an event of the program":
    "r: tun@A(P) :- mine(P, Dest), addressMap(Dest, A).\nq: mine(P, Dest) :- tun(P, _, Dest).",
  "hears of rows": "r: said(A) :- addressMap(A, _).",
};

test.each(Object.entries(BLIND))("a rule is blind that %s, and reads these tables", (_, [rule, ...tables]) => {
  expect(readBy(rule)).toEqual(tables);
});

test.each(Object.entries(SEEING))("a rule is not blind that %s", (_, rule) => expect(readBy(rule)).toBeUndefined());

/** By a rule that is blind. */
function readBy(rule: string): readonly (string | undefined)[] | undefined {
  const library = new FileLibrary();
  library.addText("rule", TABLES + rule);
  const { plan, diagnostics } = compile(["rule"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const strand = plan.strands.find(({ origin }) => origin.rule === "way.r");
  return strand?.cacheableReads?.map((table) => plan.predicates[table]?.name);
}
