/**
 * Collects the predicates of a resolved program for the checks: their arity, and whether they are tables, produced and
 * read. Called by `1-check/check.ts`; later phases take the result from the checked program.
 */
import type { Atom, Expression, Literal, PacketExpression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { Program, TableDeclaration, View } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";
import { type DeclaredArity, declaredArities, keyColumnsOf } from "./declared-arities.ts";
import { deltaEventNamed } from "./delta-events.ts";
import { isCallShaped } from "./rule-shape.ts";
import { expressionsOfAtom, expressionsOfLiteral, operandsOf, parts } from "./visit.ts";
import { builtinNamed, isLocalAddressTable, localAddressTable } from "./builtin.ts";
import { REBOUND_ARITY, reboundEvents } from "./rebound-events.ts";

/** Use of a predicate name: its first position, its arity, and whether the program produces and reads it. */
export interface Predicate {
  readonly name: string;
  readonly arity: number;
  readonly isTable: boolean;
  readonly span: Span;
  /** A rule, a fact, an `accept` or the engine produces tuples of the predicate. */
  isProduced: boolean;
  /** A rule reads the predicate, or the program watches it. */
  isRead: boolean;
}

export type Predicates = ReadonlyMap<string, Predicate>;

/** Collects the predicates of the program and reports names that are used with different numbers of arguments. */
export function collectPredicates(
  program: Program,
  surroundings: Surroundings | undefined,
  diagnostics: Diagnostic[],
): Predicates {
  const collector = new Collector(program, diagnostics);
  const uses = usesIn(program);
  collector.usual(uses.map(({ atom }) => atom));
  collector.builtins(uses);
  for (const { atom, use } of uses) collector.use(atom, use);
  for (const accept of program.accepts) {
    collector.accept(accept.name, accept.types.length, accept.span);
    if (typeof accept.from !== "string") collector.read(accept.from.table);
  }
  for (const signature of program.signatures) {
    collector.declare(signature.name, signature.types.length, signature.span);
  }
  for (const watch of program.watches) collector.watch(watch.name);
  for (const name of surroundings?.predicates ?? []) collector.raised(name);
  for (const name of surroundings?.facts.keys() ?? []) collector.raised(name);
  for (const { packet, isPattern } of packetsIn(program)) collector.packet(packet, isPattern);
  return collector.found;
}

/**
 * Adds tables that are only declared, and events that are only watched. A table has as many columns as its fact file; without a fact file,
 * the columns up to the last one that its declaration names. An event is added only if a fact file gives its number of columns. Tables of a
 * view are not added.
 */
export function withDeclaredTables(
  predicates: Predicates,
  { tables, views, watches }: Program,
  surroundings: Surroundings | undefined,
): Predicates {
  const isPrivate = (name: string): boolean => views.has(name.slice(0, Math.max(0, name.lastIndexOf("."))));
  const added = [...tables.values()].flatMap((table): readonly Predicate[] => {
    const { name, span } = table;
    const arity = surroundings?.facts.get(name) || lastColumn(table);
    if (predicates.has(name) || isPrivate(name)) return [];
    return [{ name, arity, isTable: true, span, isProduced: false, isRead: false }];
  });
  const watched = watches.flatMap(({ name, span }): readonly Predicate[] => {
    const arity = surroundings?.facts.get(name) ?? 0;
    if (predicates.has(name) || tables.has(name) || arity === 0) return [];
    return [{ name, arity, isTable: false, span, isProduced: true, isRead: true }];
  });
  return new Map([...predicates, ...[...added, ...watched].map((one) => [one.name, one] as const)]);
}

/** Number of the last column that the declaration names; 0 if it names none. */
function lastColumn({ keys, evict }: TableDeclaration): number {
  const named = evict.policy === "fifo" ? keys : [...keys, evict.column];
  return named.reduce((last, column) => Math.max(last, column + 1), 0);
}

/** `named`: the predicate is the head of a deletion, which neither produces nor reads its tuples. */
type Use = "produced" | "read" | "named";

interface AtomUse {
  readonly atom: Atom;
  readonly use: Use;
  /** The overlay whose file contains the atom. */
  readonly overlay: string | undefined;
}

/** Number of arguments of an overlay's `recv`: the packet. */
const RECV_ARITY = 1;

/** Number of arguments of `send` in an overlay whose addresses may have options: node, options, packet. */
const SEND_WITH_OPTIONS = 3;
const SEND_WITHOUT_OPTIONS = 2;

/**
 * Returns the number of arguments of an overlay's `send`: the declared number; otherwise the most frequent number in the overlay's file;
 * without uses there, the most frequent number in all files.
 */
function sendArity(overlay: string, uses: readonly AtomUse[], declared: number | undefined): number {
  const all = uses.filter(({ atom }) => atom.name.text === `${overlay}.send`);
  const own = all.filter((one) => one.overlay === overlay);
  const counted = own.length > 0 ? own : all;
  const withOptions = counted.filter(({ atom }) => atom.args.length === SEND_WITH_OPTIONS).length;
  const without = counted.filter(({ atom }) => atom.args.length === SEND_WITHOUT_OPTIONS).length;
  const takesOptions = declared === undefined ? withOptions > without : declared === SEND_WITH_OPTIONS;
  return takesOptions ? SEND_WITH_OPTIONS : SEND_WITHOUT_OPTIONS;
}

/** Returns the overlays of the program whose addresses may have options. */
export function overlaysWithOptions({ overlays }: Program, predicates: Predicates): ReadonlySet<string> {
  const names = overlays.map(({ name }) => name);
  return new Set(names.filter((name) => predicates.get(`${name}.send`)?.arity === SEND_WITH_OPTIONS));
}

function usesIn({ facts, rules, views }: Program): readonly AtomUse[] {
  const inFacts = facts.map(({ atom, overlay }) => ({ atom, overlay, use: "produced" as const }));
  const inRules = rules.flatMap(({ head, isDelete, body, overlay }) => {
    const read = body.flatMap((literal) => {
      if (literal.kind !== "predicate" || literal.isFailure) return [];
      return views.has(literal.atom.name.text) || isCallShaped(literal) ? [] : [literal.atom];
    });
    const own = { atom: head, overlay, use: isDelete ? ("named" as const) : ("produced" as const) };
    return [own, ...read.map((atom) => ({ atom, overlay, use: "read" as const }))];
  });
  return [...inFacts, ...inRules];
}

/** Packets in the rules and facts. A pattern reads tuples of its predicate; any other packet produces a tuple. */
function packetsIn({
  facts,
  rules,
}: Program): readonly { readonly packet: PacketExpression; readonly isPattern: boolean }[] {
  const inFacts = facts.flatMap(({ atom }) => expressionsOfAtom(atom)).flatMap((one) => packetsOf(one, false));
  const inRules = rules.flatMap(({ head, body }) => [
    ...expressionsOfAtom(head).flatMap((one) => packetsOf(one, false)),
    ...body.flatMap(packetsOfLiteral),
  ]);
  return [...inFacts, ...inRules];
}

function packetsOfLiteral(literal: Literal): ReturnType<typeof packetsIn> {
  if (literal.kind === "member") return [...packetsOf(literal.pattern, true), ...packetsOf(literal.list, false)];
  return expressionsOfLiteral(literal).flatMap((one) => packetsOf(one, literal.kind === "predicate"));
}

const NO_PACKETS: ReturnType<typeof packetsIn> = [];

function packetsOf(expression: Expression, isPattern: boolean): ReturnType<typeof packetsIn> {
  if (operandsOf(expression).length === 0 && expression.kind !== "packet") return NO_PACKETS;
  return parts(expression).flatMap((part) => (part.kind === "packet" ? [{ packet: part, isPattern }] : []));
}

class Collector {
  readonly found = new Map<string, Predicate>();
  readonly #program: Program;
  readonly #diagnostics: Diagnostic[];
  readonly #usual = new Map<string, Atom>();
  readonly #declared: ReadonlyMap<string, DeclaredArity>;

  constructor(program: Program, diagnostics: Diagnostic[]) {
    this.#program = program;
    this.#diagnostics = diagnostics;
    this.#declared = declaredArities(program);
  }

  /**
   * Adds `localAddr` of the node and of each overlay instance, `send` of each instance, the events `rebound` that rules use, and the events
   * that the engine raises inside views.
   */
  builtins(uses: readonly AtomUse[]): void {
    const nowhere = { file: "", start: 0, end: 0 };
    for (const overlay of [undefined, ...this.#program.overlays]) {
      this.#add(localAddressTable(overlay?.name), 1, overlay?.span ?? nowhere, true);
    }
    const raised = reboundEvents(this.#program);
    for (const { atom } of uses) {
      const { text, span } = atom.name;
      if (raised.has(text) && !this.found.has(text)) this.#add(text, REBOUND_ARITY, span, true);
    }
    for (const { name, span } of this.#program.overlays) {
      const send = `${name}.send`;
      this.#add(send, sendArity(name, uses, this.#declared.get(send)?.arity), span, true);
      const recv = `${name}.recv`;
      if (uses.some(({ atom }) => atom.name.text === recv)) this.#add(recv, RECV_ARITY, span, false);
    }
    for (const view of this.#program.views.values()) this.#viewEvents(view);
  }

  /**
   * Chooses the usual arity of each name; a use with another arity is an error. The usual arity is the declared one. Without a declaration
   * it is the most frequent arity that has room for the key of the table; of equally frequent ones, the first.
   */
  usual(atoms: readonly Atom[]): void {
    for (const [name, same] of Map.groupBy(atoms, (atom) => atom.name.text)) {
      const [first] = same;
      if (same.every(({ args }) => args.length === first?.args.length)) {
        const named = same.find(namesColumns) ?? first;
        if (named !== undefined) this.#usual.set(name, named);
        continue;
      }
      const keyColumns = keyColumnsOf(this.#program.tables.get(name));
      const isLikely = ([{ args }]: readonly [Atom, ...Atom[]]): boolean =>
        args.length === this.#declared.get(name)?.arity || (!this.#declared.has(name) && args.length >= keyColumns);
      const byArity = [...Map.groupBy(same, ({ args }) => args.length).values()] as [Atom, ...Atom[]][];
      const [most] = byArity.toSorted(
        (one, other) => Number(isLikely(other)) - Number(isLikely(one)) || other.length - one.length,
      );
      if (most !== undefined) this.#usual.set(name, most.find(namesColumns) ?? most[0]);
    }
  }

  #viewEvents(view: View): void {
    this.#add(`${view.name}.init`, view.inputs.length, view.span, true);
    const outcomes = [
      { name: "return", arity: view.outputs.length },
      { name: "fail", arity: 1 },
      { name: "done", arity: 0 },
    ];
    for (const { name, arity } of outcomes) {
      this.#add(`${view.name}.${name}`, arity, view.span, true).isRead = true;
    }
  }

  #add(name: string, arity: number, span: Span, isProduced: boolean): Predicate {
    const { tables, unparsed } = this.#program;
    const isTable = tables.has(name) || unparsed.get(name) === "declared" || isLocalAddressTable(name);
    const predicate = { name, arity, isTable, span, isProduced: isProduced || unparsed.has(name), isRead: false };
    this.found.set(name, predicate);
    return predicate;
  }

  use(atom: Atom, use: Use): void {
    const name = atom.name.text;
    const builtin = builtinNamed(name);
    if (builtin !== undefined) return this.#checkBuiltin(atom, builtin.minArity, builtin.maxArity);
    const delta = deltaEventNamed(name, (table) => this.#program.tables.has(table));
    if (delta !== undefined) this.use({ ...atom, name: { ...atom.name, text: delta.table } }, "read");
    const usual = this.#usual.get(name) ?? atom;
    const { arity, span } = this.#declared.get(name) ?? { arity: usual.args.length, span: usual.name.span };
    const known = this.found.get(name) ?? this.#add(name, arity, span, delta !== undefined);
    if (use === "produced") known.isProduced = true;
    if (use === "read") known.isRead = true;
    if (known.arity !== atom.args.length) this.#conflict(atom, known);
  }

  #checkBuiltin(atom: Atom, minArity: number, maxArity: number): void {
    const given = atom.args.length;
    if (given >= minArity && given <= maxArity) return;
    const expected = minArity === maxArity ? String(minArity) : `${minArity} to ${maxArity}`;
    this.#diagnostics.push(report("E0221", atom.span, { name: atom.name.text.replace("@", ""), expected, given }));
  }

  #conflict(atom: Atom, known: Predicate): void {
    const name = atom.name.text;
    const facts = { name, given: atom.args.length, usual: known.arity, form: this.#formOf(name) };
    const related = known.span.file === "" ? [] : [{ span: known.span, message: `here it has ${known.arity}` }];
    this.#diagnostics.push(report("E0212", atom.span, facts, related));
  }

  /** `link(From, To, Cost)` */
  #formOf(name: string): string | undefined {
    const usual = this.#usual.get(name);
    const isUsual = usual !== undefined && usual.args.length === this.found.get(name)?.arity;
    if (!isUsual || !namesColumns(usual)) return undefined;
    return `${name}(${usual.args.map((argument) => (argument.kind === "variable" ? argument.name : "_")).join(", ")})`;
  }

  accept(name: string, arity: number, span: Span): void {
    const known = this.found.get(name) ?? this.#add(name, arity, span, true);
    known.isProduced = true;
    if (known.arity === arity) return;
    this.#diagnostics.push(report("E0212", span, { name, given: arity, usual: known.arity, form: this.#formOf(name) }));
  }

  /** Adds a signature, which fixes the arity and produces nothing. */
  declare(name: string, arity: number, span: Span): void {
    const known = this.found.get(name) ?? this.#add(name, arity, span, false);
    if (known.arity === arity) return;
    this.#diagnostics.push(report("E0212", span, { name, given: arity, usual: known.arity, form: this.#formOf(name) }));
  }

  /** Marks a table whose rows the node itself reads. */
  read(name: string): void {
    const known = this.found.get(name);
    if (known !== undefined) known.isRead = true;
  }

  /** Marks a predicate that something outside the program raises. */
  raised(name: string): void {
    const known = this.found.get(name);
    if (known !== undefined) known.isProduced = true;
  }

  /**
   * Adds a packet whose predicate occurs elsewhere in the program. Other packets are ignored here, and reported as calls of unknown
   * functions.
   */
  packet({ name, args, span }: PacketExpression, isPattern: boolean): void {
    const known = this.found.get(name.text);
    if (known === undefined) return;
    if (isPattern) known.isRead = true;
    else known.isProduced = true;
    if (known.arity !== args.length)
      this.#conflict({ name, args, span, location: undefined, locatedArgument: undefined }, known);
  }

  watch(name: string): void {
    const known = this.found.get(name);
    if (known !== undefined) known.isRead = true;
  }
}

/** Whether all arguments are variables, so that the names of the variables can name the columns. */
function namesColumns({ args }: Atom): boolean {
  return args.length > 0 && args.every(({ kind }) => kind === "variable");
}
