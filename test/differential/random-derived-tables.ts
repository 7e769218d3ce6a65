import type { Chance } from "./chance.ts";
import type { May } from "./random-program.ts";
import { RandomRule, type RuleText } from "./random-rule.ts";
import type { Relation, TableChoice } from "./schema.ts";

/** Writes derived tables, one after the other. Each may read all tables written before. */
export class DerivedTableWriter {
  readonly #chance: Chance;
  readonly #may: May;
  readonly #tables: readonly Relation[];
  readonly #relations: Relation[] = [];
  readonly #rules: RuleText[] = [];

  constructor(chance: Chance, may: May, tables: readonly Relation[]) {
    this.#chance = chance;
    this.#may = may;
    this.#tables = tables;
  }

  result(): { readonly relations: readonly Relation[]; readonly rules: readonly RuleText[] } {
    return { relations: this.#relations, rules: this.#rules };
  }

  view(view: Relation): void {
    const sources = this.#sources();
    if (this.#may("aggregates of tables", 30)) return this.#aggregate(view, sources);
    const rules = this.#chance.times(1, 2, (at) => {
      const rule = this.#rule(`${view.name}_${at}`);
      const isRecursive =
        at > 0 &&
        isWhole(view) &&
        (isPlain(view)
          ? this.#may("recursion", 60)
          : isRoomy(view) && this.#may("recursion of tables that others fill, or that live for a time", 60));
      if (isRecursive) rule.join(view);
      this.#body(rule, sources, isRecursive);
      return rule.plain(view);
    });
    this.#add([view], rules);
  }

  /** Writes two tables that read each other. */
  mutual(one: Relation, other: Relation): void {
    const sources = this.#sources();
    const rules = [
      { head: one, reads: undefined },
      { head: other, reads: one },
      { head: one, reads: other },
    ].map(({ head, reads }, at) => {
      const rule = this.#rule(`m${at}`);
      if (reads !== undefined) rule.join(reads);
      this.#body(rule, sources, reads !== undefined);
      return rule.plain(head);
    });
    this.#add([one, other], rules);
  }

  /** Writes a recursive `min` or `max`, with or without a column of the winning row. */
  best(): void {
    const kind = this.#chance.pick(["number", "string"] as const);
    const table = { isView: true, isMixed: false, lifetime: Infinity, size: Infinity, evict: "" };
    const isLeast = this.#chance.percent(60);
    // A table shows the smallest row of a key, which is a minimum too.
    const isKeyed = isLeast && this.#may("keys in recursion", 40);
    const group = this.#may("winners in recursion", 50) ? ([kind, kind] as const) : ([kind] as const);
    const columns = [...group, "number"] as const;
    const keys = [...(isKeyed ? group : columns).keys()];
    const all: Relation = { name: "q0", columns, table: { ...table, keys }, isLast: false };
    const best: Relation = { name: "q1", columns, table: { ...table, keys: [0] }, isLast: false };
    const sources = this.#sources();
    const [start, step] = [this.#rule("q0_0"), this.#rule("q0_1")];
    this.#body(start, sources, false);
    step.join(this.#chance.pick(sources));
    const followed = step.follow(isKeyed && this.#chance.percent(50) ? all : best, isLeast);
    const better = isLeast ? "min" : "max";
    const names = ["X", "W"].slice(0, group.length).join(", ");
    const rules = [
      start.plain(all),
      { ...step.plain(all), head: `q0(${followed.join(", ")})` },
      { label: "q1_0", head: `q1(${names}, ${better}<C>)`, body: [`q0(${names}, C)`] },
    ];
    this.#add([all, best], rules);
  }

  /** Writes a derived table that no rule reads. */
  last(view: Relation): void {
    this.#aggregate(view, this.#sources());
  }

  #aggregate(view: Relation, sources: readonly Relation[]): void {
    const rule = this.#rule(`${view.name}_0`);
    this.#chance.times(1, 2, () => rule.join(this.#chance.pick(sources)));
    rule.conditions(false);
    this.#add([view], [rule.aggregate(view)]);
  }

  #body(rule: RandomRule, sources: readonly Relation[], isRecursive: boolean): void {
    this.#chance.times(isRecursive && rule.scope().length > 0 ? 0 : 1, 2, () => rule.join(this.#chance.pick(sources)));
    rule.conditions(isRecursive);
    if (this.#may("negation in view rules", 25)) rule.negate(this.#chance.pick(sources));
  }

  #sources(): readonly Relation[] {
    return [...this.#tables, ...this.#relations];
  }

  #rule(label: string): RandomRule {
    return new RandomRule(label, this.#chance, this.#may);
  }

  #add(relations: readonly Relation[], rules: readonly RuleText[]): void {
    this.#relations.push(...relations);
    this.#rules.push(...rules);
  }
}

/** Whether the key is all columns. */
function isWhole({ columns, table }: Relation): boolean {
  return table?.keys.length === columns.length;
}

/** Whether the table is pure. */
function isPlain({ table }: Relation): boolean {
  return table !== undefined && isPure(table);
}

function isRoomy({ table }: Relation): boolean {
  return table?.size === Infinity;
}

function isPure({ isMixed, lifetime, size }: TableChoice): boolean {
  return !isMixed && lifetime === Infinity && size === Infinity;
}
