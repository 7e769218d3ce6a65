/**
 * Random programs whose rules span nodes, in two texts: one for several nodes, one for a single node that has all tables.
 */
import { formatValue } from "../../../runtime/plan/values/format.ts";
import type { Values } from "../../../runtime/plan/values/value.ts";
import { Chance } from "../chance.ts";
import type { RuleText } from "../random-rule.ts";
import { LOCATIONS, randomValue } from "../schema.ts";

/** Parts of a program whose rules span nodes. Each can be left out. */
export const ACROSS_FEATURES = [
  "aggregates at another location",
  "best values across nodes",
  "bodies over several locations",
  "events that read views",
  "expiry",
  "heads at another location",
  "keys",
  "negation at another location",
  "recursion across nodes",
  "recursion of two tables",
  "rows put into recursion",
  "views with a lifetime",
] as const;

export type AcrossFeature = (typeof ACROSS_FEATURES)[number];

type Kind = "number" | "location";

export interface AcrossRelation {
  readonly name: string;
  readonly columns: readonly Kind[];
  /** Table declaration; undefined for an event. */
  readonly table: { readonly lifetime: number; readonly keys: readonly number[] } | undefined;
  /** Whether rules define the table. */
  readonly isView: boolean;
  /** Whether rows are inserted into it too. */
  readonly isFilled?: boolean;
}

/** Atom with a location: `t@X(A, B)`. */
export interface AcrossProgram {
  readonly relations: readonly AcrossRelation[];
  readonly rules: readonly RuleText[];
  readonly features: ReadonlySet<AcrossFeature>;
}

export type AcrossCommand =
  | { readonly kind: "insert" | "delete"; readonly location: string; readonly name: string; readonly args: Values }
  | { readonly kind: "wait" };

/** Text of the program for several nodes. */
export function spreadText({ relations, rules }: AcrossProgram): string {
  const declarations = relations.flatMap((one) => [...declarationOf(one, 0), ...acceptanceOf(one)]);
  return [...declarations, ...rules.map(ruleText), ""].join("\n");
}

/**
 * Text of the program for one node with all tables: the location is the first column. A derived table with inserted rows has a
 * second table for these.
 */
export function gatheredText(program: AcrossProgram): string {
  const declarations = program.relations.flatMap((one) => declarationOf(one, 1));
  const rules = program.rules.map((rule) => ruleText(rule).replaceAll(/@(\w+)\(/g, "($1, "));
  const filled = program.relations.filter((one) => one.isFilled === true).flatMap(fillingOf);
  return [...declarations, ...rules, ...filled, ""].join("\n");
}

/** Name of the table of inserted rows, if the relation has one. */
export function filledName(name: string): string {
  return `${name}put`;
}

function fillingOf({ name, columns }: AcrossRelation): readonly string[] {
  const args = ["P", ...columns.map((_, at) => `A${at}`)].join(", ");
  const keys = ["P", ...columns].map((_, at) => at + 1).join(", ");
  const declared = `materialize(${filledName(name)}, infinity, infinity, keys(${keys})).`;
  return [declared, `${name}_put: ${name}(${args}) :- ${filledName(name)}(${args}).`];
}

function acceptanceOf({ name, columns, isFilled }: AcrossRelation): readonly string[] {
  return isFilled === true ? [`accept ${name}(${columns.map(() => "any").join(", ")}) insert.`] : [];
}

function declarationOf({ name, table }: AcrossRelation, shift: 0 | 1): readonly string[] {
  if (table === undefined) return [];
  const columns = [...(shift === 1 ? [1] : []), ...table.keys.map((key) => key + 1 + shift)];
  return [`materialize(${name}, ${formatValue(table.lifetime)}, infinity, keys(${columns.join(", ")})).`];
}

function ruleText({ label, head, body }: RuleText): string {
  return `${label}: ${head} :- ${body.join(", ")}.`;
}

export function randomAcross(seed: number): AcrossProgram {
  return new Writer(new Chance(seed, "across")).program();
}

/** Number of commands before the first deletion. */
const FILLING = 10;

export function randomAcrossCommands(seed: number, program: AcrossProgram, count: number): readonly AcrossCommand[] {
  const chance = new Chance(seed, "across commands");
  const given = program.relations.filter((one) => !one.isView || one.isFilled === true);
  // A deleted row that is also derived returns when rules derive it again; with a second table for inserted rows, at once.
  const tables = given.filter((one) => one.table !== undefined && !one.isView);
  return Array.from({ length: count }, (_, at): AcrossCommand => {
    if (chance.percent(6)) return { kind: "wait" };
    const kind = at > FILLING && chance.percent(25) ? "delete" : "insert";
    const { name, columns } = chance.pick(kind === "delete" ? tables : given);
    return { kind, location: chance.pick(LOCATIONS), name, args: columns.map((column) => randomValue(column, chance)) };
  });
}

class Writer {
  readonly #chance: Chance;
  readonly #used = new Set<AcrossFeature>();
  #relations: readonly AcrossRelation[] = [];
  #rules: readonly RuleText[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  program(): AcrossProgram {
    const chance = this.#chance;
    this.#relations = chance.times(2, 3, (at) => this.#base(`b${at}`));
    const count = chance.between(1, 3);
    for (let at = 0; at < count; at++) this.#view(`v${at}`);
    if (this.#may("recursion across nodes", 45)) this.#recursion();
    if (this.#may("best values across nodes", 30)) this.#best();
    if (this.#may("aggregates at another location", 40)) this.#aggregate("w0");
    if (this.#may("events that read views", 40)) this.#event();
    return { relations: this.#relations, rules: this.#rules, features: this.#used };
  }

  #may(feature: AcrossFeature, percent: number): boolean {
    if (!this.#chance.percent(percent)) return false;
    this.#used.add(feature);
    return true;
  }

  /** Adds a table of other nodes. */
  #base(name: string): AcrossRelation {
    const columns: readonly Kind[] = [
      "location",
      ...this.#chance.times(0, this.#chance.between(1, 2), () => this.#kind()),
    ];
    // Commands come at whole seconds, when all nodes know of expired rows.
    const lifetime = this.#may("expiry", 25) ? this.#chance.between(2, 8) + 0.5 : Infinity;
    const isKeyed = columns.length > 1 && this.#may("keys", 40);
    const keys = isKeyed ? [0] : columns.map((_, column) => column);
    return { name, columns, table: { lifetime, keys }, isView: false };
  }

  #kind(): Kind {
    return this.#chance.percent(60) ? "number" : "location";
  }

  #defined(name: string, columns: readonly Kind[], keys = columns.map((_, column) => column)): AcrossRelation {
    return { name, columns, table: { lifetime: Infinity, keys }, isView: true };
  }

  #add(relations: readonly AcrossRelation[], rules: readonly RuleText[]): void {
    this.#relations = [...this.#relations, ...relations];
    this.#rules = [...this.#rules, ...rules];
  }

  #view(name: string): void {
    const hard = this.#defined(
      name,
      this.#chance.times(1, 2, () => this.#kind()),
    );
    const isSoft = this.#may("views with a lifetime", 20);
    const lifetime = isSoft ? this.#chance.between(2, 8) + 0.5 : Infinity;
    const view = { ...hard, table: { lifetime, keys: hard.columns.map((_, column) => column) } };
    const rules = this.#chance.times(1, 2, (at) => {
      const rule = new LocatedRule(`${name}_${at}`, this.#chance);
      if (isSoft) this.#bodyHere(rule);
      else this.#body(rule, this.#relations);
      return rule.plain(view, this.#isAway());
    });
    this.#add([view], rules);
  }

  /** Writes literals from location to location. */
  #body(rule: LocatedRule, sources: readonly AcrossRelation[]): void {
    const chance = this.#chance;
    if (!rule.hasStarted) rule.join(chance.pick(sources), false);
    for (let more = chance.between(0, 2); more > 0; more--) {
      rule.join(chance.pick(sources), this.#may("bodies over several locations", 50));
    }
    rule.conditions();
    if (this.#may("negation at another location", 20)) rule.negate(chance.pick(sources));
  }

  /** Whether to avoid lifetimes: rows may be refreshed by derivations that hold only while messages are on their way. */
  #bodyHere(rule: LocatedRule): void {
    const given = this.#relations.filter((one) => !one.isView);
    this.#chance.times(1, 2, () => rule.join(this.#chance.pick(given), false));
    rule.conditions();
  }

  #isAway(): boolean {
    return this.#may("heads at another location", 60);
  }

  #recursion(): void {
    const columns = this.#chance.times(1, 2, () => this.#kind());
    const names = this.#may("recursion of two tables", 40) ? ["m0", "m1"] : ["m0"];
    const isFilled = this.#may("rows put into recursion", 40);
    const tables = names.map((name) => ({ ...this.#defined(name, columns), isFilled }));
    const [one, other = one] = tables as [AcrossRelation, AcrossRelation?];
    const sources = this.#relations;
    const heads = [
      { head: one, reads: undefined },
      { head: other, reads: one },
      ...(other === one ? [] : [{ head: one, reads: other }]),
    ];
    const rules = heads.map(({ head, reads }, at) => {
      const rule = new LocatedRule(`m_${at}`, this.#chance);
      if (reads !== undefined && this.#chance.percent(50)) rule.join(reads, false);
      this.#body(rule, sources);
      if (reads !== undefined && !rule.has(reads)) rule.join(reads, this.#chance.percent(50));
      return rule.plain(head, this.#isAway());
    });
    this.#add(tables, rules);
  }

  /** Writes a recursive `min` across nodes. */
  #best(): void {
    const all = this.#defined("q0", ["location", "number"]);
    const best = this.#defined("q1", ["location", "number"], [0]);
    const sources = this.#relations;
    const start = new LocatedRule("q_0", this.#chance);
    this.#body(start, sources);
    const step = new LocatedRule("q_1", this.#chance);
    step.join(this.#chance.pick(sources), false);
    const rules = [
      start.plain(all, this.#isAway()),
      step.follow(best, all),
      { label: "q_2", head: "q1@H(X, min<C>)", body: ["q0@H(X, C)"] },
    ];
    this.#add([all, best], rules);
  }

  #aggregate(name: string): void {
    const view = this.#defined(name, ["location", "number"], [0]);
    const rule = new LocatedRule(`${name}_0`, this.#chance);
    this.#body(rule, this.#relations);
    this.#add([view], [rule.aggregate(view)]);
  }

  /** Writes an event rule of one node that changes base tables. */
  #event(): void {
    const event: AcrossRelation = { name: "e0", columns: ["location", "number"], table: undefined, isView: false };
    const given = this.#relations.filter((one) => !one.isView);
    const rule = new LocatedRule("e_0", this.#chance);
    rule.join(event, false);
    rule.join(this.#chance.pick(this.#relations), false);
    rule.conditions();
    this.#add([event], [rule.plain(this.#chance.pick(given), false)]);
  }
}

interface Variable {
  readonly name: string;
  readonly kind: Kind;
}

/** Writes one rule in which every atom has a location. */
class LocatedRule {
  readonly #label: string;
  readonly #chance: Chance;
  readonly #body: string[] = [];
  #scope: readonly Variable[] = [];
  #home: string | undefined;
  /** Positive literals: tables with their arguments. */
  readonly #read: { readonly name: string; readonly args: readonly string[] }[] = [];

  constructor(label: string, chance: Chance) {
    this.#label = label;
    this.#chance = chance;
  }

  get hasStarted(): boolean {
    return this.#home !== undefined;
  }

  has({ name }: AcrossRelation): boolean {
    return this.#read.some((one) => one.name === name);
  }

  join(relation: AcrossRelation, isAway: boolean): void {
    const location = this.#home === undefined ? this.#bind("location") : this.#location(isAway);
    this.#home ??= location;
    const before = this.#scope;
    const args = relation.columns.map((kind) => {
      const known = this.#chance.percent(45) ? this.#known(kind, before) : undefined;
      if (known !== undefined) return known;
      return this.#chance.percent(10) ? "_" : this.#bind(kind);
    });
    this.#read.push({ name: relation.name, args });
    this.#body.push(`${relation.name}@${location}(${args.join(", ")})`);
  }

  /** Writes a negation, unless it excludes the row that another literal needs. */
  negate(relation: AcrossRelation): void {
    const args = relation.columns.map((kind) => (this.#chance.percent(25) ? "_" : (this.#known(kind) ?? "_")));
    const read = this.#read.filter(({ name }) => name === relation.name);
    if (read.some((one) => args.every((argument, at) => argument === "_" || argument === one.args[at]))) return;
    this.#body.push(`!${relation.name}@${this.#location(this.#chance.percent(50))}(${args.join(", ")})`);
  }

  conditions(): void {
    const number = this.#known("number");
    if (number !== undefined && this.#chance.percent(25)) {
      this.#body.push(`${number} ${this.#chance.pick(["<", ">=", "!="])} ${this.#chance.between(0, 4)}`);
    }
    if (number !== undefined && this.#chance.percent(20)) {
      this.#body.push(`${this.#bind("number")} := (${number} + ${this.#chance.between(1, 3)}) % 5`);
    }
  }

  plain(head: AcrossRelation, isAway: boolean): RuleText {
    return this.#rule(
      `${head.name}@${this.#location(isAway)}(${head.columns.map((kind) => this.#value(kind)).join(", ")})`,
    );
  }

  aggregate(head: AcrossRelation): RuleText {
    const operand = this.#known("number") ?? "1";
    const kind = this.#chance.pick(["count<*>", "min", "max", "sum", "countDistinct"]);
    const result = kind === "count<*>" ? kind : `${kind}<${operand}>`;
    return this.#rule(`${head.name}@${this.#location(true)}(${this.#value("location")}, ${result})`);
  }

  /** Writes a value computed from the best one so far, and never better. */
  follow(best: AcrossRelation, all: AcrossRelation): RuleText {
    const at = this.#location(this.#chance.percent(50));
    const target = this.#known("location") ?? this.#bind("location");
    const other = this.#known("number") ?? "2";
    const before = this.#bind("number");
    const cost = this.#bind("number");
    this.#body.push(`${best.name}@${at}(${target}, ${before})`);
    if (this.#chance.percent(50)) this.#body.push(`${cost} := ${before} + 1`, `${cost} < 7`);
    else this.#body.push(`${cost} := f_max(${before}, ${other})`);
    return this.#rule(`${all.name}@${this.#location(true)}(${target}, ${cost})`);
  }

  #rule(head: string): RuleText {
    return { label: this.#label, head, body: this.#body };
  }

  #location(isAway: boolean): string {
    return (isAway ? this.#known("location") : this.#home) ?? "X0";
  }

  #bind(kind: Kind): string {
    const name = `X${this.#scope.length}`;
    this.#scope = [...this.#scope, { name, kind }];
    return name;
  }

  #known(kind: Kind, scope: readonly Variable[] = this.#scope): string | undefined {
    const fitting = scope.filter((variable) => variable.kind === kind);
    return fitting.length === 0 ? undefined : this.#chance.pick(fitting).name;
  }

  #value(kind: Kind): string {
    return this.#known(kind) ?? formatValue(randomValue(kind, this.#chance));
  }
}
