import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const TABLES = `
overlay way.
materialize(addressMap, infinity, infinity, keys(1)).
materialize(seen, 10, 100, keys(1)).
materialize(banned, infinity, infinity, keys(1)).
`;

const CACHEABLE: Readonly<Record<string, readonly [rule: string, ...tables: string[]]>> = {
  "forwards a packet": ["r: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).", "way.addressMap"],
  "inspects header fields": [
    "r: tun@A(P) :- tun(P, Src, Dest, 17, TTL), TTL > 1, addressMap(Dest, A), !banned(Src).",
    "way.banned",
    "way.addressMap",
  ],
  "computes with other columns than the packet": [
    "r: tun@A(P) :- tun(P, _, Dest), D := f_sha1(Dest), addressMap(D, A).",
    "way.addressMap",
  ],
  "forwards a packet in an overlay": [
    "r: way.send@Next(Dest, P) :- way.send(Dest, P), addressMap(Dest, Next).",
    "way.addressMap",
  ],
  "receives a packet from an overlay": ["r: way.recv(P) :- way.send(Dest, P), localAddr(Dest).", "way.localAddr"],
};

const NOT_CACHEABLE: Readonly<Record<string, string>> = {
  "reads bytes of the packet": "r: tun@A(P) :- tun(P, _, Dest), f_u8(P, 1) == 0, addressMap(Dest, A).",
  "reads the length of the packet": "r: tun@A(P) :- tun(P, _, Dest), L := f_size(P), addressMap(L, A).",
  "looks up the packet in a table": "r: tun@A(P) :- tun(P), addressMap(P, A).",
  "compares the packet": "r: tun@A(P) :- tun(P, Src, Dest), P != Src, addressMap(Dest, A).",
  "changes the packet": "r: tun@A(Q) :- tun(P, _, Dest), Q := f_slice(P, 0, 20), addressMap(Dest, A).",
  "uses the packet as an address": "r: way.send(P, P) :- way.recv(P), addressMap(1, _).",
  "copies the packet to a variable for a lookup":
    "r: tun@A(P) :- tun(P, _, Dest), Q := P, addressMap(Dest, A), !seen(Q).",
  "calls a random function": "r: tun@A(P) :- tun(P, _, Dest), f_coinFlip(0.5) == 1, addressMap(Dest, A).",
  "reads the clock": "r: tun@A(P) :- tun(P, _, Dest), f_now() > 5, addressMap(Dest, A).",
  "reads the source": "r: tun@A(P) :- way.recv(P), f_src() != null, addressMap(1, A).",
  "is triggered by an event of the program":
    "r: tun@A(P) :- mine(P, Dest), addressMap(Dest, A).\nq: mine(P, Dest) :- tun(P, _, Dest).",
  "is triggered by rows": "r: known(A) :- addressMap(A, _).",
};

test.each(Object.entries(CACHEABLE))(
  "a rule that %s is cacheable, with the tables it reads",
  (_, [rule, ...tables]) => {
    expect(readBy(rule)).toEqual(tables);
  },
);

test.each(Object.entries(NOT_CACHEABLE))("a rule that %s is not cacheable", (_, rule) =>
  expect(readBy(rule)).toBeUndefined(),
);

/** Returns the names of the tables that a cacheable rule reads; undefined for other rules. */
function readBy(rule: string): readonly (string | undefined)[] | undefined {
  const library = new FileLibrary();
  library.addText("rule", TABLES + rule);
  const { plan, diagnostics } = compile(["rule"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const strand = plan.strands.find(({ origin }) => origin.rule === "way.r");
  return strand?.cacheableReads?.map((table) => plan.predicates[table]?.name);
}
