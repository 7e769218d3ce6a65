import type { Statement } from "../../grammar/ast.ts";
import type { Span } from "../../grammar/span.ts";
import type { Module } from "../0-load/load.ts";
import { TAP_TEXT } from "../program/builtin.ts";

/**
 * Returns the first place that makes `tap` a predicate of the file: a declaration or an `accept`, and in OverLog, which is older than the
 * built-in `tap`, any use. Undefined if the file has no such place, so that `tap` means the frames of TAP devices.
 */
export function ownTap({ tree, dialect }: Module): Span | undefined {
  return tree.statements
    .flatMap((statement) => [...declared(statement), ...(dialect === "mozlog" ? [] : used(statement))])
    .find(({ text }) => text === TAP_TEXT)?.span;
}

interface Named {
  readonly text: string;
  readonly span: Span;
}

function declared(statement: Statement): readonly Named[] {
  switch (statement.kind) {
    case "materialize":
    case "accept":
    case "signature":
    case "view":
      return [statement.name];
    default:
      return [];
  }
}

function used(statement: Statement): readonly Named[] {
  if (statement.kind === "fact") return [statement.atom.name];
  if (statement.kind !== "rule") return [];
  const body = statement.body.flatMap((literal) => (literal.kind === "predicate" ? [literal.atom.name] : []));
  return [statement.head.name, ...body];
}
