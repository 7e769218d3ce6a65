import type { Expression, Statement } from "../../grammar/ast.ts";
import type { Name, Span } from "../../grammar/span.ts";
import type { Module } from "../0-load/load.ts";
import { HOST_ADDRESS, OVERLAYS } from "../program/builtin.ts";
import type { OverlayInstance, Program } from "../program/program.ts";

/** The tables that the node provides. A file may hide each of them by a predicate with the same name. */
export const NODE_TABLES: readonly string[] = [OVERLAYS, HOST_ADDRESS];

/** Returns the place where the file declares, derives or accepts a predicate with the name of a table of the node. */
export function ownNodeTable(table: string, { tree }: Module): Span | undefined {
  return tree.statements.map(definedName).find((name) => name?.text === table)?.span;
}

function definedName(statement: Statement): Name | undefined {
  switch (statement.kind) {
    case "rule":
      return statement.head.name;
    case "fact":
      return statement.atom.name;
    case "materialize":
    case "accept":
    case "signature":
    case "view":
      return statement.name;
    default:
      return undefined;
  }
}

const NOWHERE: Span = { file: "", start: 0, end: 0 };

/** Adds the table `overlays(Name)` to a program that reads it, with a fact for each overlay. A program swap replaces the facts. */
export function withOverlaysTable(program: Program): Program {
  const table = {
    name: OVERLAYS,
    lifetime: Infinity,
    size: Infinity,
    keys: [0],
    keySpans: [NOWHERE],
    evict: { policy: "fifo" },
    span: NOWHERE,
  } as const;
  return {
    ...program,
    tables: new Map([...program.tables, [OVERLAYS, table]]),
    facts: [...program.facts, ...program.overlays.map(factOf)],
    signatures: [...program.signatures, { name: OVERLAYS, types: ["string"], span: NOWHERE }],
  };
}

function factOf({ name, span }: OverlayInstance): Program["facts"][number] {
  const args: readonly Expression[] = [{ kind: "constant", value: name, text: JSON.stringify(name), span }];
  const atom = { name: { text: OVERLAYS, span }, args, location: undefined, locatedArgument: undefined, span };
  return { overlay: undefined, atom, span };
}
