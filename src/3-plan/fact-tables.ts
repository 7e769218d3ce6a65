import { checkTypeWords } from "../1-check/check-type-words.ts";
import { isLocalAddressTable } from "../program/builtin.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import { basesOf, readBy } from "./column-types.ts";
import { sentPackets } from "./sent-packets.ts";

/** Tables that `--peer` fills: `ron.member(Address)`, and `addressMap(Virtual, Address)`. */
const OF_PEERS = /(?:^|\.)(?:member|addressMap)$/;

/**
 * Returns the tables that rules read and that only facts of the program fill. Left out are tables with a signature, tables with a fact that
 * is probably a misspelt signature, and tables that `--peer` fills.
 */
export function factTables(core: CoreProgram): ReadonlySet<string> {
  const declared = [...core.accepts, ...core.signatures].map(({ name }) => name);
  const heads = [...core.rules.map(({ head }) => head), ...core.rules.flatMap(sentPackets)].map(
    ({ name }) => name.text,
  );
  const received = [...core.channels.map(({ inlet }) => inlet), ...basesOf(core).map(({ baseOf }) => baseOf)];
  const others = new Set([...declared, ...heads, ...received, ...(core.open ?? [])]);
  const isClosed = (name: string): boolean =>
    core.tables.has(name) && !others.has(name) && !OF_PEERS.test(name) && !isLocalAddressTable(name);
  const read = new Set(core.rules.flatMap(readBy));
  const facts = core.facts.filter(({ atom: { name } }) => read.has(name.text) && isClosed(name.text));
  const doubtful = new Set(facts.filter((fact) => checkTypeWords(fact).length > 0).map(({ atom }) => atom.name.text));
  return new Set(facts.map(({ atom }) => atom.name.text)).difference(doubtful);
}
