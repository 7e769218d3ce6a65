/** Random programs for the differential test, built of tables, events, derived tables, views, timers and event rules. */
import { Chance } from "./chance.ts";
import { CallWriter, type Definition, definitionText } from "./random-calls.ts";
import { RandomRule, type RuleText } from "./random-rule.ts";
import { DerivedTableWriter } from "./random-derived-tables.ts";
import { type ColumnKind, declarationOf, type Relation, type TableChoice } from "./schema.ts";

/** Parts of the language that a random program may use; each can be left out. */
export const FEATURES = [
  "aggregates of events",
  "aggregates of tables",
  "aggregates of tables as events",
  "expressions over aggregates",
  "argmin",
  "best values in recursion",
  "bodies over several nodes",
  "costs of zero in recursion",
  "delete rules",
  "eviction",
  "event chains",
  "expiry",
  "functions",
  "inserted rows as events",
  "keyless tables",
  "keys",
  "keys in recursion",
  "lists",
  "mixed tables",
  "mutual recursion",
  "negation in event rules",
  "negation in view rules",
  "locations",
  "recursion",
  "recursion of tables that others fill, or that live for a time",
  "timers",
  "values that better themselves",
  "view calls",
  "view calls at once",
  "view calls elsewhere",
  "view rules",
  "views that call views",
  "views that change tables",
  "views that fail",
  "views with lifetime or size",
  "views with many returns",
  "winners in recursion",
] as const;

export type Feature = (typeof FEATURES)[number];

/** Probability in percent that a program uses a part of the language; 0 for a part that is left out. */
export type May = (feature: Feature, percent: number) => boolean;

export interface RandomProgram {
  readonly relations: readonly Relation[];
  readonly definitions: readonly Definition[];
  readonly rules: readonly RuleText[];
  /** Whether the compiler may optimise calls of views. */
  readonly isOptimised: boolean;
  /** Parts of the language that the program uses. */
  readonly features: ReadonlySet<Feature>;
}

/** Writes a program that type-checks, with a few tables, events and rules. */
export function randomProgram(seed: number, allowed: ReadonlySet<Feature>): RandomProgram {
  return new ProgramWriter(new Chance(seed, "program"), allowed).program();
}

export function programText({ relations, definitions, rules }: RandomProgram): string {
  const declarations = relations.flatMap(declarationOf);
  return [...declarations, ...definitions.map(definitionText), ...rules.map(ruleText), ""].join("\n");
}

function ruleText({ label, head, body }: RuleText): string {
  return `${label}: ${head} :- ${body.join(", ")}.`;
}

class ProgramWriter {
  readonly #chance: Chance;
  readonly #allowed: ReadonlySet<Feature>;
  readonly #used = new Set<Feature>();
  /** Predicates that event rules may have in their heads. */
  #writable: readonly Relation[] = [];
  #readable: readonly Relation[] = [];
  #inner: readonly Relation[] = [];

  constructor(chance: Chance, allowed: ReadonlySet<Feature>) {
    this.#chance = chance;
    this.#allowed = allowed;
  }

  program(): RandomProgram {
    const chance = this.#chance;
    const tables = chance.times(2, 4, (at) => this.#relation(`t${at}`, this.#table()));
    const views = this.#may("view rules", 80) ? this.#views(tables) : { relations: [], rules: [] };
    const events = chance.times(2, 3, (at) => this.#relation(`e${at}`, undefined));
    this.#inner = this.#may("event chains", 60) ? chance.times(1, 2, (at) => this.#relation(`f${at}`, undefined)) : [];
    const last = this.#relation("o0", undefined, true);
    this.#writable = [...tables, ...views.relations.filter((view) => view.table?.isMixed === true)];
    this.#readable = [...tables, ...views.relations.filter((view) => !view.isLast)];
    const rules = [
      ...views.rules,
      ...chance.times(2, 4, (at) => this.#eventRule(`r${at}`, events, last)),
      ...(this.#inner.length > 0 && this.#may("inserted rows as events", 50) ? [this.#insertedRule("s0")] : []),
      ...(this.#may("aggregates of tables as events", 25) ? [this.#aggregateEvent("s1", last)] : []),
    ];
    const calls = this.#may("view calls", 30) ? this.#calls() : noCalls;
    const relations = [...tables, ...views.relations, ...events, ...this.#inner, last, ...calls.relations];
    return {
      relations,
      definitions: calls.definitions,
      rules: [...rules, ...calls.rules],
      isOptimised: chance.percent(70),
      features: this.#used,
    };
  }

  readonly #may: May = (feature, percent) => {
    if (!this.#allowed.has(feature) || !this.#chance.percent(percent)) return false;
    this.#used.add(feature);
    return true;
  };

  #views(tables: readonly Relation[]): { relations: readonly Relation[]; rules: readonly RuleText[] } {
    const writer = new DerivedTableWriter(this.#chance, this.#may, tables);
    const count = this.#chance.between(1, 3);
    for (let at = 0; at < count; at++) writer.view(this.#relation(`v${at}`, this.#view()));
    if (this.#may("mutual recursion", 20)) {
      const [one, other] = ["m0", "m1"].map((name) => this.#relation(name, this.#circular())) as [Relation, Relation];
      writer.mutual(one, other);
    }
    if (this.#may("best values in recursion", 20)) writer.best();
    if (this.#may("aggregates of tables", 30)) writer.last(this.#relation("w0", this.#view(), true));
    return writer.result();
  }

  #relation(name: string, table: TableChoice | undefined, isLast = false): Relation {
    const columns = this.#chance.times(1, 3, () => this.#kind());
    if (table === undefined) return { name, columns, table, isLast };
    const keys = table.keys.filter((key) => key < columns.length);
    const allColumns = columns.map((_, column) => column);
    const isKeyless = keys.length === 0 && !table.isView && this.#may("keyless tables", 15);
    const used = isKeyless ? [] : keys.length === 0 ? allColumns : keys;
    if (used.length > 0 && used.length < columns.length) this.#used.add("keys");
    const column = Math.min(Number(/[12]/.exec(table.evict)?.[0] ?? "1"), columns.length);
    return { name, columns, isLast, table: { ...table, keys: used, evict: table.evict.replace(/\d/, String(column)) } };
  }

  #kind(): ColumnKind {
    const chance = this.#chance;
    if (this.#may("lists", 12)) return "list";
    return chance.percent(65) ? "number" : chance.percent(60) ? "string" : "location";
  }

  #table(): TableChoice {
    const lifetime = this.#may("expiry", 30) ? this.#chance.between(1, 6) : Infinity;
    const bounds = this.#may("eviction", 30) ? this.#bounds() : { size: Infinity, evict: "" };
    return { isView: false, isMixed: false, lifetime, ...bounds, keys: this.#keys() };
  }

  #bounds(): { size: number; evict: string } {
    const evict = this.#chance.pick(["", "evict max(1)", "evict min(1)", "evict max(2)", "evict fifo"]);
    return { size: this.#chance.between(1, 4), evict };
  }

  #view(): TableChoice {
    const view = { ...pureView, keys: this.#keys(), isMixed: this.#may("mixed tables", 25) };
    if (!this.#may("views with lifetime or size", 25)) return view;
    const lifetime = this.#chance.percent(60) ? this.#chance.between(1, 6) : Infinity;
    return { ...view, lifetime, ...(lifetime === Infinity || this.#chance.percent(40) ? this.#bounds() : {}) };
  }

  /** Writes a derived table that may be mixed, soft or recursive. */
  #circular(): TableChoice {
    if (!this.#may("recursion of tables that others fill, or that live for a time", 40)) return pureView;
    const isMixed = this.#chance.percent(60);
    const lifetime = isMixed && this.#chance.percent(50) ? Infinity : this.#chance.between(1, 6);
    return { ...pureView, isMixed, lifetime };
  }

  #keys(): readonly number[] {
    return this.#allowed.has("keys") ? this.#chance.some([0, 1, 2], 45) : [];
  }

  #calls(): Calls {
    const chance = this.#chance;
    const writer = new CallWriter(chance, this.#may, this.#readable, this.#writable);
    const count = chance.between(1, 3);
    for (let at = 0; at < count; at++) writer.define(`d${at}`, () => this.#kind());
    const events = chance.times(1, 2, (at) => this.#relation(`c${at}`, undefined));
    const last = this.#relation("c9", chance.percent(50) ? undefined : pureView, true);
    const heads = [...this.#writable, ...this.#inner];
    const rules = [
      ...events.map((event, at) => writer.rule(`c${at}`, event, heads, last)),
      ...(chance.percent(50) ? [writer.failed("c8", heads, last)] : []),
    ];
    return { relations: [...events, last], definitions: writer.definitions(), rules };
  }

  #rule(label: string): RandomRule {
    return new RandomRule(label, this.#chance, this.#may);
  }

  #eventRule(label: string, events: readonly Relation[], last: Relation): RuleText {
    const chance = this.#chance;
    const rule = this.#rule(label);
    const trigger = chance.pick([...events, ...this.#inner]);
    const later = this.#inner.filter((event) => !this.#inner.includes(trigger) || event.name > trigger.name);
    if (this.#may("timers", 12)) rule.addTimer();
    else rule.start(trigger);
    if (this.#may("aggregates of events", 25)) {
      const group = rule.scope();
      chance.times(1, 2, () => rule.join(chance.pick(this.#readable)));
      rule.conditions(false);
      return rule.aggregate(chance.pick([...later, ...this.#writable, last]), group);
    }
    chance.times(0, 2, () => rule.join(chance.pick(this.#readable)));
    rule.conditions(false);
    for (let moves = this.#may("bodies over several nodes", 25) ? 2 : 0; moves > 0 && rule.move(); moves--) {
      chance.times(1, 2, () => rule.join(chance.pick(this.#readable)));
      rule.conditions(false);
    }
    if (this.#may("negation in event rules", 30)) rule.negate(chance.pick(this.#readable));
    if (this.#may("delete rules", 20)) return rule.remove(chance.pick(this.#writable));
    const head = chance.percent(65) || later.length === 0 ? chance.pick(this.#writable) : chance.pick(later);
    return this.#may("locations", 20) ? rule.sent(chance.pick([...this.#writable, ...this.#inner])) : rule.plain(head);
  }

  #insertedRule(label: string): RuleText {
    const chance = this.#chance;
    const rule = this.#rule(label);
    chance.times(1, 2, () => rule.join(chance.pick(this.#readable)));
    rule.conditions(false);
    if (this.#may("negation in event rules", 20)) rule.negate(chance.pick(this.#readable));
    if (this.#may("delete rules", 25)) return rule.remove(chance.pick(this.#writable));
    return rule.plain(chance.pick(this.#inner));
  }

  #aggregateEvent(label: string, last: Relation): RuleText {
    const chance = this.#chance;
    const rule = this.#rule(label);
    chance.times(1, 2, () => rule.join(chance.pick(this.#readable)));
    rule.conditions(false);
    return rule.aggregate(chance.pick([...this.#inner, last]));
  }
}

interface Calls {
  readonly relations: readonly Relation[];
  readonly definitions: readonly Definition[];
  readonly rules: readonly RuleText[];
}

const noCalls: Calls = { relations: [], definitions: [], rules: [] };

const pureView: TableChoice = {
  isView: true,
  isMixed: false,
  lifetime: Infinity,
  size: Infinity,
  keys: [],
  evict: "",
};
