/**
 * prove-recursion: rows that support only each other, in a cycle of nodes, must not outlive the rows they came from. Runs
 * after `rewrite.ts`, before planning; it changes only strata that are recursive across nodes.
 *
 * No node sees the whole cycle. So each row of a table that depends on itself across nodes carries a proof: its own id, the ids of all
 * rows of such tables that it was derived from, and the depth of the derivation. A derivation is rejected if the proof of a body row
 * contains the id of the derived row. Of several derivations of a row the least deep is kept, so that proofs stop changing when the rows
 * do. This is the path vector of routing, for any rules (a proof list in the sense of Liu et al., ICDE 2009).
 *
 *   r(X, Z) :- r?in(_, Y, X), r(Y, Z).   becomes   r?proof(X, Z, H, P) :- r?in(..), r?proof(Y, Z, H1, P1),
 *                                                    T := id of r(X, Z) here, T not in P1, H := H1 + 1, P := [T] + P1.
 *                                                  r(X, Z) :- r?proof(X, Z, _, _).
 *
 * If r is a mixed table, its rows are not only the proved rows. Then `r?proof` holds a proof of each row, with the lifetime of r. The
 * engine fills `r?base` with the base rows of r, which rules did not derive. Rules read r together with `r?proof`:
 *
 *   r?proof(X, Z, 0, [T]) :- r?base(X, Z), T := id of r(X, Z) here.
 *   r?proof(X, Z, H, P) :- r?in(..), r(Y, Z), r?proof(Y, Z, H1, P1), ..
 *
 * A refresh of a row refreshes only rows whose proof contains the id of the row. These rows are deeper, so no refresh travels in a cycle.
 *
 * Several aggregates of one rule get separate proofs, if each rule of the cycle reads at most one of them:
 *
 *   r?best1(X, min<A>, H, P) :- ..      r?best2(X, max<B>, H, P) :- ..      r(X, A, B) :- r?best1(X, A, _, _), r?best2(X, B, _, _).
 */
import type { Argument, Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import { localAddressTable } from "../program/builtin.ts";
import { isPredicate } from "../program/rule-shape.ts";
import {
  atomAt,
  callAt,
  constantAt,
  type CoreChannel,
  type CoreProgram,
  type CoreRule,
  literalAt,
  variableAt,
} from "./core.ts";
import { nameWildcards } from "./name-wildcards.ts";
import type { TableDeclaration } from "../program/program.ts";
import { type RuleStratum, strataOfNetwork } from "./strata.ts";
import { derivedTables } from "./derived-tables.ts";

export function proveRecursion(core: CoreProgram): { core: CoreProgram; diagnostics: readonly Diagnostic[] } {
  const outlets = new Set(core.channels.map((channel) => channel.outlet));
  const components = strataOfNetwork(core).filter(
    ({ isRecursive, tables }) => isRecursive && [...tables].some((table) => outlets.has(table)),
  );
  if (components.length === 0) return { core, diagnostics: [] };
  const kinds = derivedTables(core);
  const diagnostics = components.flatMap((component) => checkComponent(component, core, kinds));
  return {
    core: components.reduce((proved, component) => new RecursiveComponent(proved, component, kinds).proved(), core),
    diagnostics,
  };
}

type DerivedTables = ReturnType<typeof derivedTables>;

function checkComponent(
  { rules, tables }: RuleStratum,
  core: CoreProgram,
  kinds: DerivedTables,
): readonly Diagnostic[] {
  const bounded = [...tables].flatMap((name) => {
    const table = core.tables.get(name);
    const rule = rules.find(({ head }) => head.name.text === name);
    if (kinds.get(name) !== "mixed" || table === undefined || table.size === Infinity) return [];
    const feature = `a size limit on \`${name}\`, a derived table that is recursive across nodes`;
    return [report("E0208", rule?.span ?? table.span, { feature })];
  });
  const inseparable = rules.filter((rule) => aggregatesOf(rule).length > 1 && !isSeparable(rule, rules, kinds));
  const feature =
    "several aggregates in a rule that is recursive across nodes, if another rule fills its table or reads two of them";
  return [...bounded, ...inseparable.map(({ span }) => report("E0208", span, { feature }))];
}

function aggregatesOf({ head }: CoreRule): readonly number[] {
  return head.args.flatMap((argument, column) => (argument.kind === "aggregate" ? [column] : []));
}

/** Whether the aggregates of the rule can have separate tables: only this rule fills its table, and no literal reads two aggregates. */
function isSeparable(rule: CoreRule, component: readonly CoreRule[], kinds: DerivedTables): boolean {
  const name = rule.head.name.text;
  const aggregates = aggregatesOf(rule);
  const isAlone =
    kinds.get(name) === "pure" && component.every((other) => other === rule || other.head.name.text !== name);
  const reads = component.flatMap(({ body }) => body.filter(isPredicate)).filter(({ atom }) => atom.name.text === name);
  return isAlone && reads.every(({ atom }) => namedAmong(atom, aggregates).length < 2);
}

function namedAmong({ args }: Atom, columns: readonly number[]): readonly number[] {
  return columns.filter((column) => args[column]?.kind !== "wildcard");
}

/** One of several aggregates of a rule, in a separate table. */
interface SeparateAggregate {
  readonly table: TableDeclaration;
  /** Columns of the rule's head: the groups, then the aggregate. */
  readonly columns: readonly number[];
}

/** Rewriting of one stratum that is recursive across nodes. */
class RecursiveComponent {
  readonly #core: CoreProgram;
  readonly #tables: ReadonlySet<string>;
  readonly #rules: ReadonlySet<CoreRule>;
  readonly #kinds: DerivedTables;
  /** Separate tables of aggregates, indexed by the name of the table whose rule has several aggregates. */
  readonly #separate: ReadonlyMap<string, readonly SeparateAggregate[]>;

  constructor(core: CoreProgram, { tables, rules }: RuleStratum, kinds: DerivedTables) {
    this.#core = core;
    this.#tables = tables;
    this.#rules = new Set(rules);
    this.#kinds = kinds;
    const several = rules.filter((rule) => aggregatesOf(rule).length > 1);
    this.#separate = new Map(several.map((rule) => [rule.head.name.text, separateAggregates(rule, core)]));
  }

  proved(): CoreProgram {
    const { rules, tables, arities } = this.#core;
    const declarations = new Map(tables);
    const counts = new Map(arities);
    for (const name of this.#tables) {
      const table = tables.get(name);
      if (table === undefined) continue;
      if (isHidden(name)) remove(name, declarations, counts);
      for (const one of this.#declared(table, arities.get(name) ?? 0)) {
        declarations.set(one.table.name, one.table);
        counts.set(one.table.name, one.arity);
      }
    }
    const own = rules.flatMap((rule) => (this.#rules.has(rule) ? this.#proved(rule) : [rule]));
    const baseRules = [...this.#tables].flatMap((name) => this.#baseRule(name));
    const projections = [...this.#tables].filter((name) => !isHidden(name)).flatMap((name) => this.#projection(name));
    const channels = this.#core.channels.map((channel) => this.#channel(channel));
    return {
      ...this.#core,
      rules: [...own, ...baseRules, ...projections],
      tables: declarations,
      arities: counts,
      channels,
    };
  }

  /** Returns the hidden tables that the rewriting adds for a table of the stratum, or puts in its place if it is hidden itself. */
  #declared(table: TableDeclaration, arity: number): readonly DeclaredTable[] {
    const { name } = table;
    const separate = this.#separate.get(name);
    const proofs = separate?.map((part) => ({ table: part.table, arity: part.columns.length + 2 }));
    if (!this.#isMixed(name)) {
      return proofs ?? [{ table: withProof(table, arity, this.#isInlet(name)), arity: arity + 2 }];
    }
    const hasExpiringDerivations = table.lifetime < Infinity;
    const proof = { ...table, name: provedName(name), keys: columnsUpTo(arity), hasExpiringDerivations };
    const base = { ...table, name: baseName(name), keys: proof.keys, baseOf: name };
    return [...(proofs ?? [{ table: proof, arity: arity + 2 }]), { table: base, arity }];
  }

  #isMixed(name: string): boolean {
    return this.#kinds.get(name) === "mixed";
  }

  #channel(channel: CoreChannel): CoreChannel {
    if (!this.#tables.has(channel.outlet)) return channel;
    return { ...channel, outlet: provedName(channel.outlet), inlet: provedName(channel.inlet), hasProofs: true };
  }

  #isInlet(name: string): boolean {
    return this.#core.channels.some((channel) => channel.inlet === name);
  }

  #definition(name: string): CoreRule | undefined {
    return [...this.#rules].find((one) => one.head.name.text === name);
  }

  /** Returns the rule that copies the proved rows, without proofs, into the table of the program. */
  #projection(name: string): readonly CoreRule[] {
    const rule = this.#definition(name);
    if (rule === undefined) return [];
    const { span } = rule;
    const args = rule.head.args.map((_, column) => variableAt(`$${column + 1}`, span));
    const any: Expression = { kind: "wildcard", span };
    const separate = this.#separate.get(name)?.map((part) => ({
      name: part.table.name,
      args: part.columns.flatMap((column) => args[column] ?? []),
    }));
    const proved = separate ?? [{ name: provedName(name), args }];
    const body = proved.map((one) => literalAt(atomAt(one.name, [...one.args, any, any], span)));
    return [{ ...rule, head: atomAt(name, args, span), body }];
  }

  /** Returns the rule that derives the proof of a base row: the row depends on no other row, so its depth is 0. */
  #baseRule(name: string): readonly CoreRule[] {
    const rule = this.#definition(name);
    if (!this.#isMixed(name) || rule === undefined) return [];
    const { span } = rule;
    const args = rule.head.args.map((_, column) => variableAt(`$${column + 1}`, span));
    const baseRow = literalAt(atomAt(baseName(name), args, span));
    const base = { ...rule, head: { ...rule.head, args } };
    const head = atomAt(provedName(name), [...args, variableAt("$Depth", span), variableAt("$Proof", span)], span);
    return [{ ...base, head, body: [baseRow, ...this.#proofStep([], [], base, name)] }];
  }

  #proved(rule: CoreRule): readonly CoreRule[] {
    const { span, head } = rule;
    const depths: Expression[] = [];
    const proofs: Expression[] = [];
    const literals = nameWildcardsOf(rule.body, (name) => this.#isMixed(name));
    const body = literals.flatMap((literal): readonly Literal[] => {
      if (!isPredicate(literal) || !this.#tables.has(literal.atom.name.text)) return [literal];
      const depth = variableAt(`$Depth${depths.length + 1}`, span);
      const proof = variableAt(`$Proof${depths.length + 1}`, span);
      depths.push(depth);
      proofs.push(proof);
      return this.#provedLiteral(literal, [depth, proof], span);
    });
    const withProofOf = (name: string): CoreRule => {
      const isStep = isHidden(head.name.text);
      const steps = isStep ? proofUnchanged(depths, proofs, rule) : this.#proofStep(depths, proofs, rule, name);
      return { ...rule, body: [...body, ...steps], hasProofs: true };
    };
    const proof = [variableAt("$Depth", span), variableAt("$Proof", span)];
    const separate = this.#separate.get(head.name.text);
    if (separate === undefined) {
      const args = [...head.args, ...proof];
      const groupKeys = rule.groupKeys ?? this.#core.tables.get(head.name.text)?.keys;
      return [{ ...withProofOf(head.name.text), head: atomAt(provedName(head.name.text), args, span), groupKeys }];
    }
    return separate.map(({ table, columns }) => {
      const args = [...columns.map((column) => head.args[column] as Argument), ...proof];
      return { ...withProofOf(table.name), head: atomAt(table.name, args, span), groupKeys: table.keys };
    });
  }

  #provedLiteral(literal: PredicateLiteral, proof: readonly Expression[], span: Span): readonly Literal[] {
    const { name, args } = literal.atom;
    const separate = this.#separate.get(name.text);
    const present = this.#isMixed(name.text) ? [literal] : [];
    if (separate === undefined) {
      return [...present, { ...literal, atom: atomAt(provedName(name.text), [...args, ...proof], span) }];
    }
    const read = separate.find(({ columns }) => args[columns.at(-1) as number]?.kind !== "wildcard") ?? separate[0];
    if (read === undefined) throw new Error(`${name.text} has several aggregates and no table for them`);
    const own = read.columns.flatMap((column) => args[column] ?? []);
    return [...present, { ...literal, atom: atomAt(read.table.name, [...own, ...proof], span) }];
  }

  /** Literals that compute the proof of the head from the proofs of the body, and reject a derivation whose body depends on the head. */
  #proofStep(
    depths: readonly Expression[],
    proofs: readonly Expression[],
    rule: CoreRule,
    table: string,
  ): readonly Literal[] {
    const { span } = rule;
    const id = variableAt("$Id", span);
    const apart = proofs.map((proof): Literal => {
      const isIn = callAt("f_member", [proof, id], span);
      return { kind: "condition", test: { kind: "binary", operator: "==", left: isIn, right: zero(rule), span }, span };
    });
    const own: Expression = { kind: "list", items: [id], span };
    const depth = depths.length === 0 ? zero(rule) : sum(deepest(depths, rule), constantAt(1, span));
    const proof = all([own, ...proofs]);
    const here = literalAt(atomAt(localAddressTable(rule.overlay), [variableAt("$Here", span)], span));
    return [
      here,
      assign("$Id", this.#rowId(rule, table), rule),
      ...apart,
      assign("$Depth", depth, rule),
      assign("$Proof", proof, rule),
    ];
  }

  /** Id of the derived row: a hash of the table, the address of this node and the key columns of the head. */
  #rowId({ head, span }: CoreRule, table: string): Expression {
    const keys = this.#core.tables.get(head.name.text)?.keys ?? [];
    const key = keys.flatMap((column) => valueOf(head.args[column]));
    const items = [constantAt(table, span), variableAt("$Here", span), ...key];
    return callAt("f_sha1", [{ kind: "list", items, span }], span);
  }
}

interface DeclaredTable {
  readonly table: TableDeclaration;
  readonly arity: number;
}

function separateAggregates(rule: CoreRule, { tables }: CoreProgram): readonly SeparateAggregate[] {
  const table = tables.get(rule.head.name.text) as TableDeclaration;
  const groups = rule.head.args.flatMap((argument, column) => (argument.kind === "aggregate" ? [] : [column]));
  return aggregatesOf(rule).map((aggregate, at) => {
    const columns = [...groups, aggregate];
    const keys = columnsUpTo(columns.length);
    return { table: { ...table, name: `${table.name}?best${at + 1}`, keys }, columns };
  });
}

function columnsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, column) => column);
}

/** Replaces wildcards by variables in literals of mixed tables, each of which becomes two literals that must match the same row. */
function nameWildcardsOf(body: readonly Literal[], isMixed: (name: string) => boolean): readonly Literal[] {
  const isTwo = (literal: Literal): boolean => isPredicate(literal) && isMixed(literal.atom.name.text);
  const named = nameWildcards(body);
  return body.map((literal, at) => (isTwo(literal) ? (named[at] as Literal) : literal));
}

function valueOf(argument: Argument | undefined): readonly Expression[] {
  return argument === undefined || argument.kind === "aggregate" || argument.kind === "return" ? [] : [argument];
}

function remove(name: string, tables: Map<string, TableDeclaration>, arities: Map<string, number>): void {
  tables.delete(name);
  arities.delete(name);
}

/** Literals that copy the proofs of the body to a hidden table. This table is an intermediate step of a rule, so its rows get no id. */
function proofUnchanged(
  depths: readonly Expression[],
  proofs: readonly Expression[],
  rule: CoreRule,
): readonly Literal[] {
  const nothing: Expression = { kind: "list", items: [], span: rule.span };
  return [
    assign("$Depth", depths.length === 0 ? zero(rule) : deepest(depths, rule), rule),
    assign("$Proof", proofs.length === 0 ? nothing : all(proofs), rule),
  ];
}

function sum(left: Expression, right: Expression): Expression {
  return { kind: "binary", operator: "+", left, right, span: left.span };
}

function all(lists: readonly Expression[]): Expression {
  return lists.reduce((joined, list) => sum(joined, list));
}

function deepest(depths: readonly Expression[], { span }: CoreRule): Expression {
  return depths.reduce((one, other) => callAt("f_max", [one, other], span));
}

function zero({ span }: CoreRule): Expression {
  return constantAt(0, span);
}

function assign(name: string, value: Expression, { span }: CoreRule): Literal {
  return { kind: "assign", target: { kind: "variable", name, span }, value, span };
}

function isHidden(table: string): boolean {
  return table.includes("?");
}

function provedName(table: string): string {
  return `${table}?proof`;
}

function baseName(table: string): string {
  return `${table}?base`;
}

/** Declares the table of proofs. It keeps the least deep proof of each row, except in an inlet: its peer deletes each proof separately. */
function withProof(table: TableDeclaration, arity: number, isInlet: boolean): TableDeclaration {
  return { ...table, name: provedName(table.name), keys: isInlet ? columnsUpTo(arity + 2) : table.keys };
}
