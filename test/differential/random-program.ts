import { Chance } from "./chance.ts";
import { RandomRule, type RuleText } from "./random-rule.ts";
import { type ColumnKind, declarationOf, type Relation, type TableChoice } from "./schema.ts";

/** Parts of the language that a random program may use; each can be left out. */
export const FEATURES = [
  "aggregates of events",
  "aggregates of tables",
  "argmin",
  "delete rules",
  "eviction",
  "event chains",
  "expiry",
  "functions",
  "inserted rows as events",
  "keyless tables",
  "keys",
  "lists",
  "negation in event rules",
  "negation in view rules",
  "places",
  "recursion",
  "view rules",
] as const;

export type Feature = (typeof FEATURES)[number];

export interface RandomProgram {
  readonly relations: readonly Relation[];
  readonly rules: readonly RuleText[];
  /** What the program really uses. */
  readonly features: ReadonlySet<Feature>;
}

/** A program that type-checks, of a few tables, events and rules. */
export function randomProgram(seed: number, allowed: ReadonlySet<Feature>): RandomProgram {
  const chance = new Chance(seed, "program");
  const writer = new ProgramWriter(chance, allowed);
  return writer.program();
}

export function programText({ relations, rules }: RandomProgram): string {
  const declarations = relations.flatMap(declarationOf);
  return [...declarations, ...rules.map(ruleText), ""].join("\n");
}

function ruleText({ label, head, body }: RuleText): string {
  return `${label}: ${head} :- ${body.join(", ")}.`;
}

class ProgramWriter {
  readonly #chance: Chance;
  readonly #allowed: ReadonlySet<Feature>;
  readonly #used = new Set<Feature>();

  constructor(chance: Chance, allowed: ReadonlySet<Feature>) {
    this.#chance = chance;
    this.#allowed = allowed;
  }

  program(): RandomProgram {
    const chance = this.#chance;
    const tables = chance.times(2, 4, (at) => this.#relation(`t${at}`, this.#table()));
    const views = this.#may("view rules", 80) ? chance.times(1, 3, (at) => this.#relation(`v${at}`, this.#view())) : [];
    const events = chance.times(2, 3, (at) => this.#relation(`e${at}`, undefined));
    const inner = this.#may("event chains", 60) ? chance.times(1, 2, (at) => this.#relation(`f${at}`, undefined)) : [];
    const lastView = this.#relation("w0", this.#view(), true);
    const lastEvent = this.#relation("o0", undefined, true);
    const rules = [
      ...(views.length > 0 && this.#may("aggregates of tables", 30)
        ? [this.#aggregateView(lastView, [...tables, ...views])]
        : []),
      ...views.flatMap((view, at) => this.#viewRules(view, tables, views.slice(0, at))),
      ...chance.times(2, 4, (at) => this.#eventRule(`r${at}`, events, inner, tables, views, lastEvent)),
      ...(this.#may("inserted rows as events", 50) && inner.length > 0
        ? [this.#insertedRule("s0", inner, tables, views)]
        : []),
    ];
    const relations = [...tables, ...views, lastView, ...events, ...inner, lastEvent];
    return { relations, rules, features: this.#used };
  }

  #may(feature: Feature, percent: number): boolean {
    if (!this.#allowed.has(feature) || !this.#chance.percent(percent)) return false;
    this.#used.add(feature);
    return true;
  }

  #relation(name: string, table: TableChoice | undefined, isLast = false): Relation {
    const columns = this.#chance.times(1, 3, () => this.#kind());
    if (table === undefined) return { name, columns, table, isLast };
    const keys = table.keys.filter((key) => key < columns.length);
    const whole = columns.map((_, column) => column);
    const isKeyless = keys.length === 0 && !table.isView && this.#may("keyless tables", 15);
    const used = isKeyless ? [] : keys.length === 0 ? whole : keys;
    if (used.length > 0 && used.length < columns.length) this.#used.add("keys");
    const evict = /[12]/.exec(table.evict)?.[0] ?? "1";
    return {
      name,
      columns,
      isLast,
      table: {
        ...table,
        keys: used,
        evict: table.evict.replace(/\d/, String(Math.min(Number(evict), columns.length))),
      },
    };
  }

  #kind(): ColumnKind {
    const chance = this.#chance;
    if (this.#may("lists", 12)) return "list";
    return chance.percent(65) ? "number" : chance.percent(60) ? "string" : "place";
  }

  #table(): TableChoice {
    const chance = this.#chance;
    const lifetime = this.#may("expiry", 30) ? chance.between(1, 6) : Infinity;
    const isBounded = this.#may("eviction", 30);
    const size = isBounded ? chance.between(1, 4) : Infinity;
    const evict = isBounded ? chance.pick(["", "evict max(1)", "evict min(1)", "evict max(2)", "evict fifo"]) : "";
    return { isView: false, lifetime, size, keys: this.#keys(), evict };
  }

  #view(): TableChoice {
    return { isView: true, lifetime: Infinity, size: Infinity, keys: this.#keys(), evict: "" };
  }

  #keys(): readonly number[] {
    return this.#allowed.has("keys") ? this.#chance.some([0, 1, 2], 45) : [];
  }

  #rule(label: string): RandomRule {
    return new RandomRule(label, this.#chance, (feature, percent) => this.#may(feature, percent));
  }

  #viewRules(view: Relation, tables: readonly Relation[], below: readonly Relation[]): readonly RuleText[] {
    const chance = this.#chance;
    const sources = [...tables, ...below];
    if (this.#may("aggregates of tables", 30)) return [this.#aggregateView(view, sources)];
    return chance.times(1, 2, (at) => {
      const rule = this.#rule(`${view.name}_${at}`);
      const isRecursive = at > 0 && isWholeKey(view) && this.#may("recursion", 60);
      if (isRecursive) rule.join(view);
      chance.times(isRecursive ? 0 : 1, 2, () => rule.join(chance.pick(sources)));
      rule.conditions(isRecursive);
      if (this.#may("negation in view rules", 25)) rule.negate(chance.pick(sources));
      return rule.plain(view);
    });
  }

  #aggregateView(view: Relation, sources: readonly Relation[]): RuleText {
    const rule = this.#rule(`${view.name}_0`);
    this.#chance.times(1, 2, () => rule.join(this.#chance.pick(sources)));
    rule.conditions(false);
    return rule.aggregate(view);
  }

  #eventRule(
    label: string,
    events: readonly Relation[],
    inner: readonly Relation[],
    tables: readonly Relation[],
    views: readonly Relation[],
    last: Relation,
  ): RuleText {
    const chance = this.#chance;
    const rule = this.#rule(label);
    const readable = [...tables, ...views];
    const trigger = chance.pick([...events, ...inner]);
    const later = inner.filter((event) => !inner.includes(trigger) || event.name > trigger.name);
    rule.start(trigger);
    if (this.#may("aggregates of events", 25)) {
      const head = chance.pick([...later, ...tables, last]);
      const group = rule.scope();
      chance.times(1, 2, () => rule.join(chance.pick(readable)));
      rule.conditions(false);
      return rule.aggregate(head, group);
    }
    chance.times(0, 2, () => rule.join(chance.pick(readable)));
    rule.conditions(false);
    if (this.#may("negation in event rules", 30)) rule.negate(chance.pick(readable));
    if (this.#may("delete rules", 20)) return rule.remove(chance.pick(tables));
    const head = chance.percent(65) || later.length === 0 ? chance.pick(tables) : chance.pick(later);
    return this.#may("places", 20) ? rule.sent(chance.pick([...tables, ...inner])) : rule.plain(head);
  }

  #insertedRule(
    label: string,
    inner: readonly Relation[],
    tables: readonly Relation[],
    views: readonly Relation[],
  ): RuleText {
    const chance = this.#chance;
    const rule = this.#rule(label);
    chance.times(1, 2, () => rule.join(chance.pick([...tables, ...views])));
    rule.conditions(false);
    if (this.#may("negation in event rules", 20)) rule.negate(chance.pick([...tables, ...views]));
    if (this.#may("delete rules", 25)) return rule.remove(chance.pick(tables));
    return rule.plain(chance.pick(inner));
  }
}

function isWholeKey({ columns, table }: Relation): boolean {
  return table?.keys.length === columns.length;
}
