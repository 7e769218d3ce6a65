import type { Argument, Atom } from "../../grammar/ast.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";

/** Column names of each predicate: the names of the variables in one atom of the program, the atom with the most variables as arguments. */
export type ColumnNames = ReadonlyMap<string, readonly (string | undefined)[]>;

export function columnNames({ rules }: CoreProgram): ColumnNames {
  const best = new Map<string, readonly (string | undefined)[]>();
  for (const atom of [...rules.map(({ head }) => head), ...rules.flatMap(bodyAtoms)]) {
    const names = distinct(atom.args.map(nameOf));
    if (named(names) > named(best.get(atom.name.text) ?? [])) best.set(atom.name.text, names);
  }
  return best;
}

function bodyAtoms({ trigger, body }: CoreRule): readonly Atom[] {
  const literals = trigger.kind === "maintained" ? body : [trigger.literal, ...body];
  return literals.filter(isPredicate).map(({ atom }) => atom);
}

/** Returns the name of a variable argument. Undefined for variables that the compiler has added: their names begin with `$`. */
function nameOf(argument: Argument): string | undefined {
  const value = argument.kind === "aggregate" ? argument.operand : argument;
  return value?.kind === "variable" && !value.name.startsWith("$") ? value.name : undefined;
}

function distinct(names: readonly (string | undefined)[]): readonly (string | undefined)[] {
  return names.map((name, at) => (names.indexOf(name) === at ? name : undefined));
}

function named(names: readonly (string | undefined)[]): number {
  return names.filter((name) => name !== undefined).length;
}

/** Returns the form of a predicate, `link(From, To, Cost)`; undefined if a column has no name. */
export function formOf(name: string, columns: ColumnNames): string | undefined {
  const names = columns.get(name) ?? [];
  return names.length === 0 || names.includes(undefined) ? undefined : `${name}(${names.join(", ")})`;
}
