/**
 * check: reports the errors of a resolved program, the last step of `1-check`. `check-rule.ts` checks single rules; this
 * file checks names, tables and facts of the program. Called by `compile.ts` and `compile-query.ts`.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Program, TableDeclaration } from "../program/program.ts";
import { checkAddresses } from "./check-addresses.ts";
import type { HasMacro } from "./check-conditions.ts";
import { checkLocations } from "./check-locations.ts";
import { checkRule } from "./check-rule.ts";
import { checkUnraised } from "./check-unraised.ts";
import { Namesakes } from "./namesakes.ts";
import { builtinNamed, isRaisedByNode, PERIODIC, SHUTDOWN } from "../program/builtin.ts";
import { socketViewNames } from "./socket-views.ts";
import { NearNames, nearest } from "../program/nearest.ts";
import { UnknownMacros } from "./unknown-macros.ts";
import { checkTypeWords } from "./check-type-words.ts";
import { checkAccepts } from "./check-accepts.ts";
import { checkDeclaredTypes } from "./check-declared-types.ts";
import { collectPredicates, type Predicate, type Predicates, withDeclaredTables } from "../program/predicates.ts";
import { eventLiterals, type Roles, rolesIn } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { Surroundings } from "../program/surroundings.ts";
import { type KnownName, ShortNames } from "./short-names.ts";

/** A checked program with its predicates and the roles of its literals: the input of `2-rewrite`. */
export interface CheckedProgram {
  readonly program: Program;
  readonly predicates: Predicates;
  readonly roles: Roles;
}

export interface CheckOptions {
  /** Undefined: names from outside are unknown. */
  readonly surroundings?: Surroundings | undefined;
  /** True if only the facts of the program and its fact files raise events. */
  readonly isClosed?: boolean;
  /** Default: no text contains a macro. */
  readonly hasMacro?: HasMacro;
}

export interface Checking {
  readonly checked: CheckedProgram;
  readonly diagnostics: readonly Diagnostic[];
  /** Errors that may only follow from a statement that could not be parsed. They are not reported. */
  readonly consequences: readonly Diagnostic[];
}

/** Reports the errors in rules, tables and facts of the program. */
export function check(
  program: Program,
  macros: ReadonlySet<string>,
  { surroundings, isClosed = false, hasMacro = () => false }: CheckOptions = {},
): Checking {
  const diagnostics: Diagnostic[] = [];
  const predicates = collectPredicates(program, surroundings, diagnostics);
  const roles = rolesIn(program, predicates);
  for (const table of program.tables.values()) addAll(diagnostics, checkTable(table, predicates));
  const unknown = new UnknownMacros([...macros]);
  const typos = findTypos(predicates, program, misplacedEvents(program, roles));
  const names = { macros: unknown, typos: typos };
  for (const rule of program.rules)
    addAll(diagnostics, checkRule(rule, program, { predicates, roles }, names, hasMacro));
  for (const fact of program.facts) addAll(diagnostics, checkFact(fact, predicates));
  addAll(diagnostics, checkTypos(typos, predicates, program, roles));
  addAll(diagnostics, checkUnread(predicates, program));
  addAll(diagnostics, checkAddresses(program, predicates, surroundings, isClosed));
  if (isClosed) addAll(diagnostics, checkUnraised(program, withoutTypos(predicates, typos), isClosed));
  addAll(diagnostics, checkDeclaredTypes(program));
  const isTable = (name: string): boolean => program.tables.has(name) || predicates.get(name)?.isTable === true;
  addAll(diagnostics, checkAccepts(program, isTable));
  addAll(diagnostics, checkLocations(program));
  addAll(diagnostics, checkNodeEvents(program));
  const checked = { program, predicates: withDeclaredTables(predicates, program, surroundings), roles };
  const reported = withoutConsequences(diagnostics, program);
  return { checked, diagnostics: reported, consequences: diagnostics.filter((one) => !reported.includes(one)) };
}

/** Predicates whose name is not reported as a typo. */
function withoutTypos(predicates: Predicates, typos: ReadonlyMap<string, string>): Predicates {
  return new Map([...predicates].filter(([name]) => !typos.has(name)));
}

function addAll<T>(list: T[], items: readonly T[]): void {
  for (const item of items) list.push(item);
}

/** Errors about events. If a table declaration could not be parsed, a supposed event may be that table, and the error wrong. */
const CONSEQUENCES_OF_UNPARSED: ReadonlySet<string> = new Set(["E0215", "E0219", "E0225", "E0232"]);

/** Drops errors that may only follow from a declaration whose name could not be parsed. */
function withoutConsequences(diagnostics: readonly Diagnostic[], { unparsed }: Program): readonly Diagnostic[] {
  return unparsed.has("") ? diagnostics.filter(({ code }) => !CONSEQUENCES_OF_UNPARSED.has(code)) : diagnostics;
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

/** Reports facts and declarations of events that only the node raises. */
function checkNodeEvents({ facts, accepts, signatures, tables }: Program): readonly Diagnostic[] {
  const inFacts = facts.map(({ atom, span }) => ({ name: atom.name.text, span, use: "a fact" as const }));
  const declarations = [...accepts, ...signatures, ...tables.values()];
  const declared = declarations.map(({ name, span }) => ({ name, span, use: "declared" as const }));
  return [...inFacts, ...declared]
    .filter(({ name }) => isRaisedByNode(name) || name === PERIODIC)
    .map(({ name, use, span }) => report("E0231", span, { name, use }));
}

function checkFact(fact: Program["facts"][number], predicates: Predicates): readonly Diagnostic[] {
  const { atom, span } = fact;
  const name = atom.name.text;
  if (isRaisedByNode(name) || name === PERIODIC) return [];
  const types = checkTypeWords(fact);
  if (types.length > 0) return types;
  const predicate = predicates.get(name);
  if (predicate !== undefined && !predicate.isTable && !predicate.isRead) return [report("W0201", span, { name })];
  return [];
}

/**
 * Finds likely typos: names that are read but never produced and that are similar to another name. A name in a place where no event is
 * allowed is also a typo if another overlay has it. All other names that are never produced are external events.
 */
function findTypos(
  predicates: Predicates,
  program: Program,
  misplaced: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const all = [...predicates.values()];
  const produced = [...all.filter((one) => one.isProduced || one.isTable), ...unusedTables(predicates, program)];
  const names = new NearNames([...produced.map(({ name }) => name), ...program.views.keys(), ...socketViewNames]);
  const short = new ShortNames(produced);
  const namesakes = new Namesakes(all);
  const typos = new Map<string, string>();
  for (const one of all.filter(isNeverProduced)) {
    const similar = names.nearest(one.name) ?? short.nearest(one) ?? similarBuiltin(one);
    const meant = similar ?? (misplaced.has(one.name) ? namesakes.of(one) : undefined);
    if (meant !== undefined) typos.set(one.name, meant);
  }
  return typos;
}

/** Returns the built-in event that was probably meant. */
function similarBuiltin({ name, arity }: Predicate): string | undefined {
  const own = [PERIODIC, SHUTDOWN].filter((event) => {
    const builtin = builtinNamed(event);
    return builtin !== undefined && arity >= builtin.minArity && arity <= builtin.maxArity;
  });
  return nearest(name.slice(name.lastIndexOf(".") + 1), own);
}

/** Declared tables that are never used; their arity is unknown. */
function unusedTables(predicates: Predicates, { tables }: Program): readonly KnownName[] {
  return [...tables.keys()]
    .filter((name) => !predicates.has(name))
    .map((name) => ({ name, arity: undefined, isRead: false }));
}

/** Whether nothing in the program produces the predicate, and it is not a table. */
function isNeverProduced(predicate: Predicate): boolean {
  return predicate.span.file !== "" && !predicate.isProduced && !predicate.isTable;
}

/**
 * Reports likely typos. In OverLog the network may raise any event that rules read, so there a typo is a warning, unless
 * the name is a second event of its rule or is negated, where no event is allowed.
 */
function checkTypos(
  typos: ReadonlyMap<string, string>,
  predicates: Predicates,
  program: Program,
  roles: Roles,
): readonly Diagnostic[] {
  const overlog = new Set(program.rules.filter((rule) => rule.isOverlog).map((rule) => rule.span.file));
  const misplaced = misplacedEvents(program, roles);
  return [...typos].flatMap(([name, similar]) => {
    const span = predicates.get(name)?.span;
    const isAllowed = overlog.has(span?.file ?? "") && !misplaced.has(name);
    return [report(isAllowed ? "W0221" : "E0230", span, { name, nearest: similar })];
  });
}

/** Warns of a tuple that is produced but never read, if a table with a similar name is never filled: likely a typo. */
function checkUnread(predicates: Predicates, program: Program): readonly Diagnostic[] {
  const all = [...predicates.values()];
  const unfilled = [...all.filter((one) => one.isTable && !one.isProduced), ...unusedTables(predicates, program)];
  const names = new NearNames(unfilled.map(({ name }) => name));
  const short = new ShortNames(unfilled);
  const arities = new Map(unfilled.map(({ name, arity }) => [name, arity]));
  return all.flatMap((one) => {
    if (one.span.file === "" || one.isTable || one.isRead) return [];
    const similar = names.nearest(one.name) ?? short.nearest(one);
    if (similar === undefined || (arities.get(similar) ?? one.arity) !== one.arity) return [];
    return [report("W0228", one.span, { name: one.name, nearest: similar })];
  });
}

/** Returns the events of rules with several events, and negated predicates. */
function misplacedEvents({ rules }: Program, roles: Roles): ReadonlySet<string> {
  const several = rules.map((rule) => eventLiterals(rule, roles)).filter(({ length }) => length > 1);
  const negated = rules.flatMap(({ body }) => body.filter(isPredicate).filter((literal) => literal.negated));
  return new Set([...several.flat(), ...negated].map(({ atom }) => atom.name.text));
}
