import type { Span } from "../../grammar/span.ts";
import { HOST_ADDRESS, OF_HOST } from "../program/builtin.ts";
import type { Program } from "../program/program.ts";
import { derivedFrom, tableAt } from "./address-tables.ts";

const COLUMNS: readonly string[] = ["Device", "Ip"];

/** Adds the table `hostAddr(Device, Ip)` to a program that reads it at `span`. It has the rows of a hidden table that the node fills. */
export function withHostAddresses(program: Program, span: Span): Program {
  const source = tableAt(`${HOST_ADDRESS}${OF_HOST}`, span, COLUMNS.length);
  const { table, rules } = derivedFrom(source.name, HOST_ADDRESS, undefined, span, COLUMNS);
  const signature = { name: source.name, types: COLUMNS.map(() => "string"), span };
  return {
    ...program,
    tables: new Map([...program.tables, [source.name, source], [table.name, table]]),
    rules: [...program.rules, ...rules],
    signatures: [...program.signatures, signature, { ...signature, name: HOST_ADDRESS }],
  };
}
