import type { Atom } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { Program, View } from "../program.ts";
import { deltaEventNamed } from "./delta-events.ts";
import { isCallShaped } from "./rule-shape.ts";
import { builtinNamed, isLocalAddressTable, localAddressTable } from "./builtin.ts";

/** How a name is used: where it first stands, with how many arguments, and who makes and hears it. */
export interface Predicate {
  readonly name: string;
  readonly arity: number;
  readonly isTable: boolean;
  readonly span: Span;
  /** Some rule, fact or `accept` makes tuples of it, or the engine does. */
  isMade: boolean;
  /** Some rule reads it, or it is watched. */
  isHeard: boolean;
}

export type Predicates = ReadonlyMap<string, Predicate>;

/** Collects every predicate of the program and reports names used with different numbers of arguments. */
export function collectPredicates(program: Program, diagnostics: Diagnostic[]): Predicates {
  const collector = new Collector(program, diagnostics);
  collector.builtins();
  for (const fact of program.facts) collector.use(fact.atom, "made");
  for (const rule of program.rules) {
    collector.use(rule.head, rule.isDelete ? "named" : "made");
    for (const literal of rule.body) {
      if (literal.kind !== "predicate" || literal.isFailure) continue;
      if (!program.views.has(literal.atom.name.text) && !isCallShaped(literal)) collector.use(literal.atom, "heard");
    }
  }
  for (const accept of program.accepts) collector.accept(accept.name, accept.types.length, accept.span);
  for (const signature of program.signatures) {
    collector.declare(signature.name, signature.types.length, signature.span);
  }
  for (const watch of program.watches) collector.watch(watch.name);
  return collector.found;
}

type Use = "made" | "heard" | "named";

class Collector {
  readonly found = new Map<string, Predicate>();
  readonly #program: Program;
  readonly #diagnostics: Diagnostic[];

  constructor(program: Program, diagnostics: Diagnostic[]) {
    this.#program = program;
    this.#diagnostics = diagnostics;
  }

  /** Each instance's `localAddr`, and what the engine raises inside views. */
  builtins(): void {
    const nowhere = { file: "", start: 0, end: 0 };
    for (const overlay of [undefined, ...this.#program.overlays]) {
      this.#add(localAddressTable(overlay?.name), 1, overlay?.span ?? nowhere, true);
    }
    for (const overlay of this.#program.overlays) this.#add(`${overlay.name}.send`, 2, overlay.span, true);
    for (const view of this.#program.views.values()) this.#viewEvents(view);
  }

  #viewEvents(view: View): void {
    this.#add(`${view.name}.init`, view.inputs.length, view.span, true);
    const outcomes = [
      { name: "return", arity: view.outputs.length },
      { name: "fail", arity: 1 },
      { name: "done", arity: 0 },
    ];
    for (const { name, arity } of outcomes) {
      this.#add(`${view.name}.${name}`, arity, view.span, true).isHeard = true;
    }
  }

  #add(name: string, arity: number, span: Span, isMade: boolean): Predicate {
    const isTable = this.#program.tables.has(name) || isLocalAddressTable(name);
    const predicate = { name, arity, isTable, span, isMade, isHeard: false };
    this.found.set(name, predicate);
    return predicate;
  }

  use(atom: Atom, use: Use): void {
    const name = atom.name.text;
    const builtin = builtinNamed(name);
    if (builtin !== undefined) return this.#checkBuiltin(atom, builtin.minArity, builtin.maxArity);
    const delta = deltaEventNamed(name, (table) => this.#program.tables.has(table));
    if (delta !== undefined) this.use({ ...atom, name: { ...atom.name, text: delta.table } }, "heard");
    const known = this.found.get(name) ?? this.#add(name, atom.args.length, atom.name.span, delta !== undefined);
    if (use === "made") known.isMade = true;
    if (use === "heard") known.isHeard = true;
    if (known.arity !== atom.args.length) this.#conflict(atom, known);
  }

  #checkBuiltin(atom: Atom, minArity: number, maxArity: number): void {
    const given = atom.args.length;
    if (given >= minArity && given <= maxArity) return;
    const expected = minArity === maxArity ? String(minArity) : `${minArity} to ${maxArity}`;
    this.#diagnostics.push(report("E0221", atom.span, { name: atom.name.text, expected, given }));
  }

  #conflict(atom: Atom, known: Predicate): void {
    const facts = { name: atom.name.text, given: atom.args.length, first: known.arity };
    const related = known.span.file === "" ? [] : [{ span: known.span, message: `here it has ${known.arity}` }];
    this.#diagnostics.push(report("E0212", atom.span, facts, related));
  }

  accept(name: string, arity: number, span: Span): void {
    const known = this.found.get(name) ?? this.#add(name, arity, span, true);
    known.isMade = true;
    if (known.arity === arity) return;
    this.#diagnostics.push(report("E0212", span, { name, given: arity, first: known.arity }));
  }

  /** A signature says how many arguments there are; it makes nothing. */
  declare(name: string, arity: number, span: Span): void {
    const known = this.found.get(name) ?? this.#add(name, arity, span, false);
    if (known.arity === arity) return;
    this.#diagnostics.push(report("E0212", span, { name, given: arity, first: known.arity }));
  }

  watch(name: string): void {
    const known = this.found.get(name);
    if (known !== undefined) known.isHeard = true;
  }
}
