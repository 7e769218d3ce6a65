/** Random rules, literal by literal. They use only bound variables, and no literal contradicts another one, so all programs compile. */
import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Chance } from "./chance.ts";
import { ExampleValues } from "./example-values.ts";
import type { May } from "./random-program.ts";
import { type ColumnKind, type Relation, randomValue } from "./schema.ts";

/** Rule in pieces, so that shrinking can remove pieces. */
export interface RuleText {
  readonly label: string;
  readonly head: string;
  readonly body: readonly string[];
}

interface Variable {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** Variables by the type of their values. */
type Scope = readonly Variable[];

/** Attempts to write a negation that excludes no row of another literal. */
const NEGATIONS_MAX = 5;

/** Writes one rule, literal by literal. Uses only bound variables. */
export class RandomRule {
  readonly #label: string;
  readonly #chance: Chance;
  readonly #may: May;
  readonly #body: string[] = [];
  #scope: Scope = [];
  #location: string | undefined;
  #names = 0;
  /** Assigned variables with the text of their value. */
  readonly #assigned = new Map<string, string>();
  readonly #examples = new ExampleValues();
  /** Positive literals: tables with their arguments. */
  readonly #read: { readonly name: string; readonly args: readonly string[] }[] = [];

  constructor(label: string, chance: Chance, may: May) {
    this.#label = label;
    this.#chance = chance;
    this.#may = may;
  }

  scope(): Scope {
    return this.#scope;
  }

  /** Writes the event, mostly with fresh variables. */
  start(event: Relation): void {
    this.#literal(event, 15);
  }

  /** Writes a `periodic` literal. */
  addTimer(): void {
    const chance = this.#chance;
    const isNumbered = chance.percent(70);
    const seconds = chance.pick(["0", "1", "1.5", "2"]);
    const count = seconds === "0" ? chance.between(1, 2) : chance.between(0, 3);
    const delay = seconds === "0" || chance.percent(60) ? [] : [chance.pick(["0", "0.5", "1", "3"])];
    const parameters = count === 0 && delay.length === 0 && chance.percent(50) ? [] : [count, ...delay];
    this.#body.push(`periodic(${[isNumbered ? "T" : "_", seconds, ...parameters].join(", ")})`);
    // All digits before the last six are random.
    if (isNumbered) this.#assignTo(this.#bind("number"), "T % 1000000");
  }

  join(table: Relation): void {
    this.#literal(table, 50);
  }

  /**
   * Joins the best value so far, and computes a value from it that is no better, or better up to a bound, so that costs
   * decrease in a cycle but not for ever. The key does not depend on the value. Returns the columns of the next value: its key, the
   * winner if the table has one, and its cost. The winner is the one before, or the key that the value comes from.
   */
  follow(best: Relation, isLeast: boolean): readonly string[] {
    const [kind = "number"] = best.columns;
    const source = this.#known(kind, this.#scope) ?? this.#bind(kind);
    const target = this.#known(kind, this.#scope) ?? source;
    const other = this.#known("number", this.#scope) ?? "1";
    const winner = best.columns.length > 2 ? [this.#bind(kind)] : [];
    const before = this.#bind("number");
    const cost = this.#bind("number");
    this.#read.push({ name: best.name, args: [source, ...winner, before] });
    this.#body.push(`${best.name}(${[source, ...winner, before].join(", ")})`);
    const worse = [
      { value: `${isLeast ? "f_max" : "f_min"}(${before}, ${other})`, limit: [] },
      isLeast
        ? { value: `${before} + 1`, limit: [`${cost} < 7`] }
        : { value: `${before} - 1`, limit: [`${cost} > -3`] },
    ];
    const better = { value: isLeast ? `f_max(${before} - 1, 0)` : `f_min(${before} + 1, 4)`, limit: [] };
    const same = { value: before, limit: [] };
    const isSame = this.#may("costs of zero in recursion", 40);
    // A row that betters itself supports itself, so its winner may be the first one, where a new evaluation finds another one.
    const isBetter = winner.length === 0 && this.#may("values that better themselves", 40);
    const costs = isSame ? same : isBetter ? better : this.#chance.pick(worse);
    this.#assignTo(cost, costs.value);
    this.#body.push(...costs.limit);
    return [target, ...winner.map((before) => (this.#chance.percent(60) ? before : source)), cost];
  }

  /** Moves to another node. Returns false if no location is bound. */
  move(): boolean {
    const location = this.#known("location", this.#scope);
    if (location === undefined || location === this.#location) return false;
    this.#location = location;
    return true;
  }

  /** Writes conditions and assignments, which do not multiply solutions. */
  tests(): void {
    if (this.#chance.percent(20)) this.#body.push(this.#condition());
    if (this.#chance.percent(20)) this.#assign(false);
  }

  /** Writes a call of a view, at another location if one is bound. */
  call(view: string, inputs: readonly ColumnKind[], outputs: readonly ColumnKind[], isElsewhere: boolean): void {
    const location = isElsewhere ? this.#known("location", this.#scope) : undefined;
    const given = inputs.map((kind) => this.#value(kind, this.#scope));
    const returned = outputs.map((kind) => {
      const known = this.#chance.percent(15) ? this.#known(kind, this.#scope) : undefined;
      return `&${known ?? (this.#chance.percent(10) ? "_" : this.#bind(kind))}`;
    });
    const timeout = this.#chance.percent(15) ? ` timeout(${this.#chance.between(1, 3)})` : "";
    this.#body.push(
      `${view}${location === undefined ? "" : `@${location}`}(${[...given, ...returned].join(", ")})${timeout}`,
    );
  }

  /** Writes a negation, unless each one that it tries excludes the row that another literal needs. */
  negate(table: Relation): void {
    const tried = Array.from({ length: NEGATIONS_MAX }, () => this.#negatedArgs(table));
    const args = tried.find((one) => !this.#excludesRead(table, one));
    if (args === undefined) return;
    this.#body.push(`${this.#chance.percent(70) ? "!" : "notin "}${this.#located(table)}(${args.join(", ")})`);
  }

  /** Writes conditions, assignments and lists. With `isFinite`, no values that recursion could make new for ever. */
  conditions(isFinite: boolean): void {
    const chance = this.#chance;
    if (chance.percent(30)) this.#body.push(this.#condition());
    if (chance.percent(25)) this.#assign(isFinite);
    if (this.#scope.some(({ kind }) => kind === "list") && this.#may("lists", 60)) this.#unnest();
  }

  plain(head: Relation): RuleText {
    return this.#rule(`${head.name}(${head.columns.map((kind) => this.#value(kind, this.#scope)).join(", ")})`);
  }

  remove(head: Relation): RuleText {
    return this.#rule(`delete ${head.name}(${head.columns.map((kind) => this.#value(kind, this.#scope)).join(", ")})`);
  }

  /** Writes a head for another node, or for this one as a new step. */
  sent(head: Relation): RuleText {
    const location = this.#value("location", this.#scope);
    return this.#rule(
      `${head.name}@${location}(${head.columns.map((kind) => this.#value(kind, this.#scope)).join(", ")})`,
    );
  }

  /** Writes an aggregate head. Key columns come from `group` or are aggregates, other columns are aggregates or winners. */
  aggregate(head: Relation, group: Scope = this.#scope): RuleText {
    const columns = head.columns.map((_, column) => column);
    const keys = head.table === undefined || head.table.keys.length === 0 ? columns : head.table.keys;
    const outside = columns.filter((column) => !keys.includes(column));
    const best = this.#chance.pick(outside.length > 0 ? outside : columns);
    if (["number", "list"].includes(head.columns[best] as ColumnKind) && this.#may("expressions over aggregates", 25)) {
      return this.#combined(head, best, keys, group);
    }
    const hasWinner = outside.length > 1 && this.#may("argmin", 60);
    const args = head.columns.map((kind, column) => {
      if (column === best) return hasWinner ? this.#extreme(kind) : this.#aggregateOf(kind, head);
      if (outside.includes(column)) return hasWinner ? this.#value(kind, this.#scope) : this.#aggregateOf(kind, head);
      return !hasWinner && this.#chance.percent(20) ? this.#aggregateOf(kind, head) : this.#value(kind, group);
    });
    return this.#rule(`${head.name}(${args.join(", ")})`);
  }

  #aggregateOf(kind: ColumnKind, { isLast }: Relation): string {
    const chance = this.#chance;
    const operand = this.#known("number", this.#scope) ?? "1";
    if (kind === "list" && chance.percent(70)) return `${isLast ? "list" : "set"}<${operand}>`;
    if (kind !== "number" || chance.percent(30)) return this.#extreme(kind);
    return chance.pick(["count<*>", ...["count", "countDistinct", "sum", "avg"].map((name) => `${name}<${operand}>`)]);
  }

  /** Writes a head with an expression over aggregates in one column. All variables outside of aggregates come from `group`. */
  #combined(head: Relation, at: number, keys: readonly number[], group: Scope): RuleText {
    const args = head.columns.map((kind, column) => {
      if (column === at) return kind === "list" ? this.#combinedList(group) : this.#combinedNumber(head, group);
      return keys.includes(column) ? this.#value(kind, group) : this.#aggregateOf(kind, head);
    });
    return this.#rule(`${head.name}(${args.join(", ")})`);
  }

  #combinedList(group: Scope): string {
    const operand = this.#known("number", this.#scope) ?? "1";
    return `f_take(set<${operand}>, ${this.#known("number", group) ?? this.#chance.between(0, 3)})`;
  }

  #combinedNumber(head: Relation, group: Scope): string {
    const [one, other] = [this.#aggregateOf("number", head), this.#aggregateOf("number", head)];
    const known = this.#known("number", group) ?? "2";
    return this.#chance.pick([
      `(${one} + ${other}) % 5`,
      `(${one} * ${known}) % 5`,
      `f_max(${one}, ${known})`,
      `(${one} > ${known} ? 1 : 0)`,
      `4 / (${one} - ${known}) % 5`,
    ]);
  }

  #extreme(kind: ColumnKind): string {
    return `${this.#chance.pick(["min", "max"])}<${this.#value(kind, this.#scope)}>`;
  }

  #literal(relation: Relation, known: number): void {
    const chance = this.#chance;
    const before = this.#scope;
    const args = relation.columns.map((kind) => {
      const variable = chance.percent(known) ? this.#known(kind, before) : undefined;
      const isMade = this.#location === undefined && kind === "number" && chance.percent(8);
      if (variable !== undefined) return isMade ? `(${variable} + 1) % 5` : variable;
      if (chance.percent(10)) return "_";
      if (chance.percent(10)) return this.#constant(kind);
      return this.#bind(kind);
    });
    this.#read.push({ name: relation.name, args });
    this.#body.push(`${this.#located(relation)}(${args.join(", ")})`);
  }

  #negatedArgs({ columns }: Relation): readonly string[] {
    return columns.map((kind) => (this.#chance.percent(25) ? "_" : (this.#known(kind, this.#scope) ?? "_")));
  }

  #excludesRead({ name }: Relation, args: readonly string[]): boolean {
    return this.#read.some((read) => {
      if (read.name !== name) return false;
      return args.every((one, at) => one === "_" || this.#examples.mayBeSame(one, read.args[at] ?? "_"));
    });
  }

  #located({ name }: Relation): string {
    return this.#location === undefined ? name : `${name}@${this.#location}`;
  }

  #bind(kind: ColumnKind): string {
    const name = `X${this.#names++}`;
    this.#scope = [...this.#scope, { name, kind }];
    this.#examples.set(name, randomValue(kind, this.#chance));
    return name;
  }

  #constant(kind: ColumnKind): string {
    const value = randomValue(kind, this.#chance);
    this.#examples.set(formatValue(value), value);
    return formatValue(value);
  }

  #known(kind: ColumnKind, scope: Scope): string | undefined {
    const fitting = scope.filter((variable) => variable.kind === kind);
    return fitting.length === 0 ? undefined : this.#chance.pick(fitting).name;
  }

  /** Writes a variable, sometimes a constant or an expression with few values. */
  #value(kind: ColumnKind, scope: Scope): string {
    const chance = this.#chance;
    const variable = this.#known(kind, scope);
    if (variable === undefined || chance.percent(10)) return formatValue(randomValue(kind, chance));
    if (kind === "number" && chance.percent(15)) return this.#number(scope);
    return variable;
  }

  #number(scope: Scope): string {
    const chance = this.#chance;
    const one = this.#known("number", scope) ?? "1";
    const other = chance.percent(40) ? String(chance.between(0, 3)) : (this.#known("number", scope) ?? "2");
    const list = this.#known("list", scope);
    const plain = [
      `(${one} + ${other}) % 5`,
      `(${one} * ${other}) % 5`,
      `(${one} > ${other} ? ${one} : 0)`,
      `(4 - ${one}) % 5`,
    ];
    if (!this.#may("functions", 50)) return chance.pick(plain);
    const calls = [
      `f_max(${one}, ${other})`,
      `f_min(${one}, ${other})`,
      `f_toint(${one} / ${other === "0" ? 2 : other})`,
    ];
    return chance.pick(list === undefined ? calls : [...calls, `f_size(${list}) % 5`, `f_item(${list}, ${one})`]);
  }

  /** Writes a condition that holds for the example values. */
  #condition(): string {
    const chance = this.#chance;
    const kind = chance.pick(["number", "number", "string", "location"] as const);
    const comparable = this.#scope.filter(({ name }) => this.#examples.has(name));
    const variable = this.#known(kind, comparable);
    if (variable === undefined) return "1 < 2";
    const others = comparable.filter(({ name }) => name !== variable);
    const other = (chance.percent(50) ? undefined : this.#known(kind, others)) ?? this.#constant(kind);
    const test = (holds: boolean): string =>
      `${variable} ${chance.pick(this.#examples.operators(variable, other, holds))} ${other}`;
    if (kind !== "number" || chance.percent(60)) return test(true);
    const second = this.#numberTest(variable);
    return chance.pick([`${test(true)} && ${second}`, `${test(true)} || ${second}`, `!(${test(false)})`, second]);
  }

  /** Writes an interval that contains the example of the variable, or a comparison that fails for 0. */
  #numberTest(variable: string): string {
    const chance = this.#chance;
    const [low, high] = [chance.between(0, 2), chance.between(2, 4)];
    return chance.pick([
      ...(this.#examples.isWithin(variable, low, high, false) ? [`${variable} in (${low}, ${high}]`] : []),
      ...(this.#examples.isWithin(variable, low, high, true) ? [`${variable} in [${low}, ${high})`] : []),
      `4 / ${variable} > 1`,
    ]);
  }

  #assign(isFinite: boolean): void {
    const chance = this.#chance;
    if (!isFinite && this.#may("lists", 15)) {
      const item = this.#known("number", this.#scope) ?? "0";
      this.#assignTo(this.#bind("list"), `[${item}, ${chance.between(0, 3)}]`);
      return;
    }
    const value = this.#number(this.#scope);
    const tested = chance.percent(20) ? this.#known("number", this.#testable(value)) : undefined;
    this.#assignTo(tested ?? this.#bind("number"), value);
  }

  #assignTo(target: string, value: string): void {
    this.#assigned.set(target, value);
    this.#examples.assign(target, value);
    this.#body.push(`${target} := ${value}`);
  }

  /** Variables that an assignment of the value may test: those without an assignment, on which the value does not depend. */
  #testable(value: string): Scope {
    const needed = new Set(variablesOf(value));
    for (const name of needed) for (const used of variablesOf(this.#assigned.get(name) ?? "")) needed.add(used);
    const isFree = (name: string): boolean => !this.#assigned.has(name) && !needed.has(name);
    return this.#scope.filter(({ name }) => isFree(name) && this.#examples.mayEqual(name, value));
  }

  #unnest(): void {
    const list = this.#known("list", this.#scope) as string;
    const target = this.#chance.percent(25) ? this.#known("number", this.#scope) : undefined;
    this.#body.push(`${target ?? this.#bind("number")} <- ${list}`);
  }

  #rule(head: string): RuleText {
    return { label: this.#label, head, body: this.#body };
  }
}

function variablesOf(value: string): readonly string[] {
  return [...value.matchAll(/\bX\d+\b/g)].map(([name]) => name);
}
