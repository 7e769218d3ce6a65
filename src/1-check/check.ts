import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Program, TableDeclaration } from "../program.ts";
import { IP_NETWORK } from "../../runtime/plan/functions/addresses.ts";
import { checkRule } from "./check-rule.ts";
import { streamViewNames } from "./stream-views.ts";
import { NearNames } from "./nearest.ts";
import { isTypeName } from "./type-name.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "./visit.ts";
import { collectPredicates, type Predicate, type Predicates } from "./predicates.ts";
import { type Roles, rolesIn } from "./rule-shape.ts";

/** A program without errors, and what the checks learned about its names. Only a program of this type is rewritten. */
export interface CheckedProgram {
  readonly program: Program;
  readonly predicates: Predicates;
  readonly roles: Roles;
}

/** Reports everything that is wrong with the program's rules, tables and facts. */
export function check(program: Program): { checked: CheckedProgram; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const predicates = collectPredicates(program, diagnostics);
  const roles = rolesIn(program, predicates);
  for (const table of program.tables.values()) diagnostics.push(...checkTable(table, predicates));
  for (const rule of program.rules) diagnostics.push(...checkRule(rule, program, roles));
  for (const fact of program.facts) diagnostics.push(...checkFact(fact, predicates));
  diagnostics.push(...checkUses(predicates, program), ...checkOverlays(program), ...checkAccepts(program));
  return { checked: { program, predicates, roles }, diagnostics: withoutEchoes(diagnostics) };
}

/** A misspelt table looks like one event too many: the slip is said once. */
function withoutEchoes(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const placeOf = ({ span }: Diagnostic): string => `${span?.file}:${span?.start}`;
  const misspelt = new Set(diagnostics.filter((one) => one.code === "E0230").map(placeOf));
  return diagnostics.filter((one) => one.code !== "E0215" || !misspelt.has(placeOf(one)));
}

function checkTable(table: TableDeclaration, predicates: Predicates): readonly Diagnostic[] {
  const arity = predicates.get(table.name)?.arity;
  if (arity === undefined) return [];
  const wrong = table.keys.flatMap((column, at) => (column < 0 || column >= arity ? [at] : []));
  const diagnostics = wrong.map((at) => {
    const facts = { table: table.name, column: (table.keys[at] as number) + 1, arity };
    return report("E0217", table.keySpans[at], facts);
  });
  if (table.evict.policy !== "fifo" && (table.evict.column < 0 || table.evict.column >= arity)) {
    diagnostics.push(report("E0217", table.span, { table: table.name, column: table.evict.column + 1, arity }));
  }
  return diagnostics;
}

/** Addresses of overlays that nothing here defines. */
function checkOverlays(program: Program): readonly Diagnostic[] {
  const known = new Set([IP_NETWORK, ...program.overlays.map((overlay) => overlay.name)]);
  const rules = program.rules.flatMap((rule) => [
    ...expressionsOfAtom(rule.head),
    ...rule.body.flatMap(expressionsOfLiteral),
  ]);
  const facts = program.facts.flatMap((fact) => expressionsOfAtom(fact.atom));
  return [...rules, ...facts]
    .flatMap((whole) => parts(whole))
    .flatMap((part) => (part.kind === "address" && !known.has(part.overlay.text) ? [part.overlay] : []))
    .map((overlay) => report("W0202", overlay.span, { overlay: overlay.text }));
}

function checkAccepts(program: Program): readonly Diagnostic[] {
  return program.accepts.flatMap(({ types, span }) =>
    types.filter((name) => !isTypeName(name)).map((name) => report("E0240", span, { name })),
  );
}

function checkFact({ atom, span }: Program["facts"][number], predicates: Predicates): readonly Diagnostic[] {
  const name = atom.name.text;
  const predicate = predicates.get(name);
  if (predicate !== undefined && !predicate.isTable && !predicate.isHeard) return [report("W0201", span, { name })];
  return [];
}

/** A name that is heard but never made is either an event from outside, or a slip: then a similar name is near. */
function checkUses(predicates: Predicates, program: Program): readonly Diagnostic[] {
  const made = [...predicates.values()].filter((one) => one.isMade || one.isTable).map((one) => one.name);
  const names = new NearNames([...made, ...program.views.keys(), ...streamViewNames]);
  const overlog = new Set(program.rules.filter((rule) => rule.isOverlog).map((rule) => rule.span.file));
  return [...predicates.values()].flatMap((predicate) => {
    return checkUse(predicate, names, overlog.has(predicate.span.file));
  });
}

/** In OverLog the network may raise whatever is heard, so that a name like another is less of a slip. */
function checkUse(predicate: Predicate, names: NearNames, isOverlog: boolean): readonly Diagnostic[] {
  if (predicate.span.file === "") return [];
  const { name } = predicate;
  if (!predicate.isMade && !predicate.isTable) {
    const similar = names.nearest(name);
    return similar === undefined
      ? []
      : [report(isOverlog ? "W0221" : "E0230", predicate.span, { name, nearest: similar })];
  }
  return [];
}
