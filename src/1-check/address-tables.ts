/**
 * address-tables: adds the tables `localAddrs` and `ron.self` to a program that reads them, and warns of predicates that hide
 * `localAddrs` or `rebound`. Runs after names have been qualified.
 *
 *   localAddrs(A)        all addresses of the instance
 *   ron.self(A)          the addresses of this node in the overlay: the rows of `ron.localAddr`, unless the overlay defines `self`
 *   rebound(Old, New)    raised by the node when the address of the instance has changed
 */
import type { Atom, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import { LOCAL_ADDRESSES, LOCAL_NAMES, localAddressTable, REBOUND, SELF } from "../program/builtin.ts";
import { definedNames } from "../program/defined-names.ts";
import type { Program, ProgramRule, TableDeclaration } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

export function withAddressTables(program: Program): { program: Program; diagnostics: readonly Diagnostic[] } {
  const read = namesRead(program);
  const own = definedNames(program);
  const instances = [undefined, ...program.overlays.map(({ name }) => name)];
  const added = instances.flatMap((overlay) => {
    const [addresses, self] = [qualified(overlay, LOCAL_ADDRESSES), qualified(overlay, SELF)];
    const announced = localAddressTable(overlay);
    const span = read.get(addresses);
    const selfSpan = overlay === undefined ? undefined : read.get(self);
    return [
      ...(span === undefined || own.has(addresses) ? [] : allAddresses(addresses, announced, overlay, span)),
      ...(selfSpan === undefined || own.has(self) ? [] : [derivedFrom(announced, self, overlay, selfSpan)]),
    ];
  });
  const hiding = instances.flatMap((overlay) =>
    [LOCAL_ADDRESSES, REBOUND].flatMap((name) => {
      const span = own.get(qualified(overlay, name));
      return span === undefined ? [] : [report("W0280", span, { name })];
    }),
  );
  if (added.length === 0) return { program, diagnostics: hiding };
  const tables = added.map(({ table }) => [table.name, table] as const);
  const rules = added.flatMap((one) => one.rules);
  const complete = { ...program, tables: new Map([...program.tables, ...tables]), rules: [...program.rules, ...rules] };
  return { program: complete, diagnostics: hiding };
}

export interface AddedTable {
  readonly table: TableDeclaration;
  readonly rules: readonly ProgramRule[];
}

/** The table `localAddrs`. Its rows are those of `localAddr`, and the endpoint names that the node inserts into a hidden table. */
function allAddresses(name: string, announced: string, overlay: string | undefined, span: Span): readonly AddedTable[] {
  const names = `${announced}${LOCAL_NAMES}`;
  const derived = derivedFrom(announced, name, overlay, span);
  const [rule] = derivedFrom(names, name, overlay, span).rules;
  const more = rule === undefined ? [] : [{ ...rule, name: `${name}.names` }];
  return [
    { table: tableAt(names, span), rules: [] },
    { ...derived, rules: [...derived.rules, ...more] },
  ];
}

/** A table `name` with a rule that copies the rows of the table `source`. `columns` are the variables of the rule. */
export function derivedFrom(
  source: string,
  name: string,
  overlay: string | undefined,
  span: Span,
  columns: readonly string[] = ["A"],
): AddedTable {
  const args: readonly Expression[] = columns.map((column) => ({ kind: "variable", name: column, span }));
  const atom = (predicate: string): Atom => ({
    name: { text: predicate, span },
    location: undefined,
    locatedArgument: undefined,
    args,
    span,
  });
  const literal: Literal = {
    kind: "predicate",
    negated: false,
    isFailure: false,
    atom: atom(source),
    timeout: undefined,
    outcome: undefined,
    span,
  };
  const rule: ProgramRule = {
    name,
    overlay,
    view: undefined,
    isOverlog: false,
    isDelete: false,
    head: atom(name),
    body: [literal],
    span,
  };
  return { table: tableAt(name, span, columns.length), rules: [rule] };
}

/** A table whose key consists of all its columns. */
export function tableAt(name: string, span: Span, columns: number = 1): TableDeclaration {
  const keys = Array.from({ length: columns }, (_, column) => column);
  const keySpans = keys.map(() => span);
  return { name, lifetime: Infinity, size: Infinity, keys, keySpans, evict: { policy: "fifo" }, span };
}

function qualified(overlay: string | undefined, name: string): string {
  return overlay === undefined ? name : `${overlay}.${name}`;
}

/** The names of predicates that bodies read or `watch` statements name, each with one place where it occurs. */
function namesRead({ rules, watches }: Program): ReadonlyMap<string, Span> {
  const inBodies = rules.flatMap(({ body }) =>
    body.filter(isPredicate).map(({ atom: { name } }) => [name.text, name.span] as const),
  );
  return new Map([...watches.map(({ name, span }) => [name, span] as const), ...inBodies].toReversed());
}
