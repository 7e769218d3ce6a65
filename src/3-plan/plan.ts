/**
 * plan: turns plain rules into a `Plan`: predicates, strands, strata, channels, timers and facts. Called by `compile.ts`
 * and `compile-query.ts` after the rewrites. `plan-rule.ts` plans the strands of a rule; `4-emit` writes their functions.
 */
import type { Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type {
  AggregateSpec,
  ChannelSpec,
  FactSpec,
  Origin,
  OverlaySpec,
  Plan,
  StratumSpec,
  TimerSpec,
  Trigger,
  DerivedRuleSpec,
} from "../../runtime/plan/contract/plan.ts";
import { isKeyed, type PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { LOCAL_ADDRESS, PERIODIC } from "../program/builtin.ts";
import { timerNumber } from "../program/constant.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CoreChannel, CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import type { LineMap } from "../program/line-map.ts";
import type { ProgramFact } from "../program/program.ts";
import { aggregateColumns } from "./aggregate-columns.ts";
import { cacheableReads } from "./cacheable-reads.ts";
import { checkSignatures } from "./check-signatures.ts";
import { checkValues } from "./check-values.ts";
import { type ColumnTypes, inferColumnTypes } from "./column-types.ts";
import { computesValues } from "./computes-values.ts";
import { constantValue } from "../program/constant-value.ts";
import { locationOf } from "../program/location-of.ts";
import { factTables } from "./fact-tables.ts";
import { describeStrand } from "./describe.ts";
import { checkMixedColumns } from "./check-mixed-columns.ts";
import { networkGraph } from "./network.ts";
import type { BodyContext } from "./plan-body.ts";
import { type MonotoneCosts, monotoneCosts } from "./cost-decreases.ts";
import { type Draft, planMaintenance, planReaction } from "./plan-rule.ts";
import { checkSeals } from "./check-seals.ts";
import { checkChannels } from "./check-channels.ts";
import { deviceArity, PredicateTable, wireCollisions } from "./predicate-table.ts";
import { cycleRoles } from "./rule-cycles.ts";
import { withRequiredTypes } from "./required-types.ts";
import type { Strand } from "./strand.ts";
import { TableLayout } from "./table-layout.ts";
import { expressionsOfStrand } from "./operator-expressions.ts";
import { secretName } from "../program/secret-name.ts";
import { parts } from "../program/visit.ts";
import { trainColumns } from "./train-columns.ts";
import { type RuleStratum, strataOf } from "../2-rewrite/strata.ts";

/** Seconds without a message after which a peer is considered gone. */
const MAX_SILENCE = 30;

/** A plan whose strands are not emitted as functions yet. */
export interface PlannedProgram {
  readonly plan: Omit<Plan, "code" | "strands" | "graph" | "secrets">;
  readonly strands: readonly Strand[];
}

/** Completes the plan with descriptions of its strands and with its graph. */
export function describeProgram({ plan, strands }: PlannedProgram): Omit<Plan, "code"> {
  const { predicates, derivedRules, overlays } = plan;
  const cycles = cycleRoles(strands, plan);
  return {
    ...plan,
    strands: strands.map((strand, at) => ({
      ...describeStrand(strand, predicates, derivedRules),
      cacheableReads: cacheableReads(strand, predicates),
      trainColumns: trainColumns(strand),
      cycle: cycles[at] ?? "none",
    })),
    secrets: secretsOf(strands),
    graph: networkGraph(overlays, strands, predicates),
  };
}

/** Names of the secrets that strands use. */
function secretsOf(strands: readonly Strand[]): readonly string[] {
  const names = strands
    .flatMap(expressionsOfStrand)
    .flatMap((expression) => parts(expression).flatMap((part) => secretName(part) ?? []));
  return [...new Set(names)].toSorted();
}

export function planProgram(
  core: CoreProgram,
  lines: LineMap,
): { planned: PlannedProgram; diagnostics: readonly Diagnostic[] } {
  const types = inferColumnTypes(core);
  const checks = [...checkMixedColumns(core, types), ...checkTypes(core, withFactTypes(core, types))];
  const planner = new Planner(withRequiredTypes(core, types), types, lines);
  const planned = planner.run();
  return { planned, diagnostics: [...checks, ...withoutConsequences(planner.diagnostics, checks)] };
}

/** Reports errors about the types of values, the tables that nodes share, and sealed values. */
export function checkTypes(core: CoreProgram, types: ColumnTypes = withFactTypes(core)): readonly Diagnostic[] {
  return [checkSignatures, checkValues, checkChannels, checkSeals].flatMap((check) => check(core, types));
}

/**
 * Types by which the program is checked: a table that only facts fill has the types of these facts. A running node accepts rows of other
 * types for such a table, so the plan has the types without facts, `types`.
 */
function withFactTypes(core: CoreProgram, types?: ColumnTypes): ColumnTypes {
  const closed = factTables(core);
  return closed.size === 0 && types !== undefined ? types : inferColumnTypes(core, closed);
}

/** Drops the error that a fact is not constant if the same fact has an expression that never has a value. */
function withoutConsequences(found: readonly Diagnostic[], checks: readonly Diagnostic[]): readonly Diagnostic[] {
  const valueless = checks
    .filter(({ code }) => code === "E0264")
    .flatMap(({ span }) => (span === undefined ? [] : [span]));
  const holds = (outer: Diagnostic["span"], inner: Span): boolean =>
    outer?.file === inner.file && outer.start <= inner.start && inner.end <= outer.end;
  return found.filter(({ code, span }) => code !== "E0227" || !valueless.some((one) => holds(span, one)));
}

/**
 * Largest number of tables that a rule of a derived table may read. Each of them gets strands that join all the others, so the code of the
 * rule grows with the square of this number: 4 MB for 64 tables.
 */
const BODY_TABLES_MAX = 64;

function tablesIn(body: readonly Literal[]): number {
  return body.filter(isPredicate).length;
}

class Planner {
  readonly diagnostics: Diagnostic[] = [];
  readonly #core: CoreProgram;
  readonly #lines: LineMap;
  readonly #predicates: PredicateTable;
  readonly #layout = new TableLayout();
  readonly #strands: Strand[] = [];
  readonly #timers: TimerSpec[] = [];
  readonly #derivedRules: DerivedRuleSpec[] = [];
  readonly #strata: StratumSpec[] = [];
  readonly #context: BodyContext;

  constructor(core: CoreProgram, types: ColumnTypes, lines: LineMap) {
    this.#core = core;
    this.#lines = lines;
    this.#predicates = new PredicateTable(core, types);
    this.#context = {
      predicate: (name, arity) => this.#predicates.named(name, arity ?? 0),
      layout: this.#layout,
      isContext: (name) => core.contexts.has(name),
    };
  }

  run(): PlannedProgram {
    for (const rule of this.#core.rules) if (rule.trigger.kind !== "maintained") this.#reaction(rule);
    this.#planStrata();
    const facts = this.#core.facts.flatMap((fact) => this.#fact(fact));
    this.#indexSenders();
    const predicates = this.#predicates.all().map((spec) => this.#withIndexes(spec));
    for (const collision of wireCollisions(predicates, this.#core)) this.diagnostics.push(collision);
    const overlays = this.#core.overlays.map((overlay) => this.#overlay(overlay.name));
    const plan = {
      predicates,
      derivedRules: this.#derivedRules,
      strata: this.#strata,
      channels: this.#core.channels.map((channel) => this.#channel(channel)),
      calls: [...this.#core.calls].map(([begin, order]) => ({
        predicate: this.#predicates.named(begin, this.#core.arities.get(begin) ?? 0).id,
        ...order,
      })),
      timers: this.#timers,
      facts,
      overlays,
    };
    return { plan, strands: this.#strands };
  }

  /** A node looks up senders in the first column of the table that an `accept` names. */
  #indexSenders(): void {
    const specs = this.#predicates.all();
    for (const { accepts = [] } of specs) {
      for (const { from } of accepts)
        if (typeof from === "number") this.#layout.indexOn(specs[from] as PredicateSpec, [0]);
    }
  }

  #withIndexes(spec: PredicateSpec): PredicateSpec {
    if (spec.table === undefined) return spec;
    return { ...spec, table: { ...spec.table, indexes: this.#layout.indexesOf(spec.id) } };
  }

  #origin(rule: CoreRule): Origin {
    const { file, line } = this.#lines.position(rule.span);
    return { rule: rule.name, file, line };
  }

  #add(draft: Draft): number {
    const id = this.#strands.length;
    this.#strands.push({ ...draft, id });
    return id;
  }

  #reaction(rule: CoreRule): void {
    const trigger = this.#trigger(rule);
    if (trigger !== undefined) this.#add(planReaction(timerEvent(rule), trigger, this.#origin(rule), this.#context));
  }

  #trigger(rule: CoreRule): Trigger | undefined {
    if (rule.trigger.kind === "maintained") return undefined;
    const { kind, literal } = rule.trigger;
    const name = literal.atom.name.text;
    if (name === PERIODIC) return this.#timer(rule, literal.atom.args as readonly Expression[]);
    const arity = deviceArity(name) ?? literal.atom.args.length;
    return { kind, predicate: this.#predicates.named(name, arity).id };
  }

  /** `periodic(E, Secs, Count, Delay, Jitter)` */
  #timer(rule: CoreRule, args: readonly Expression[]): Trigger {
    const [seconds, count = 0, delay, jitter = 0] = args.slice(1).map((argument) => timerNumber(argument));
    if (seconds === undefined) throw new Error(`the checks accepted a timer of ${rule.name} without an interval`);
    const { id } = this.#predicates.timer(this.#timers.length);
    const position = rule.isOverlog ? this.#timers.length : undefined;
    this.#timers.push({ predicate: id, seconds, count, delay, jitter, position, origin: this.#origin(rule) });
    return { kind: "event", predicate: id };
  }

  #planStrata(): void {
    for (const stratum of strataOf(this.#core)) {
      const first = this.#derivedRules.length;
      const costs = stratum.isRecursive ? monotoneCosts(stratum, (table) => this.#isKeyed(table)) : undefined;
      for (const table of stratum.tables) this.#defineTable(table, stratum, costs);
      const derivedRules = this.#derivedRules.slice(first).map(({ id }) => id);
      const tables = [...stratum.tables].map((table) => this.#predicates.named(table, 0).id);
      this.#strata.push({
        isRecursive: stratum.isRecursive,
        tables,
        derivedRules,
        mayDecreaseCosts: costs === undefined,
        ranksRows: this.#ranksRows(stratum),
        computesValues: stratum.rules.some((rule) => isRecursive(rule, stratum) && computesValues(rule)),
      });
    }
  }

  /**
   * Whether the rows of a recursive stratum are ranked. They are not if rows replace each other or are evicted. See "Ranks" in
   * docs/design/derived-tables.md.
   */
  #ranksRows({ tables, rules, isRecursive }: RuleStratum): boolean {
    const isRanked = (table: string): boolean => !this.#isKeyed(table) && !this.#isBounded(table);
    return isRecursive && [...tables].every(isRanked) && !rules.some(({ head }) => hasAggregate(head));
  }

  /** Whether the table evicts rows. */
  #isBounded(table: string): boolean {
    return (this.#predicates.named(table, 0).table?.size ?? Infinity) < Infinity;
  }

  /** Whether two different rows of the table can have the same key. */
  #isKeyed(table: string): boolean {
    const { arity, table: spec } = this.#predicates.named(table, 0);
    return spec !== undefined && spec.keys.length > 0 && new Set(spec.keys).size < arity;
  }

  /** Adds the derived rules of a table: one for all recursive rules, one for all others, and one for each rule with an aggregate. */
  #defineTable(table: string, stratum: RuleStratum, costs: MonotoneCosts | undefined): void {
    const rules = stratum.rules.filter((rule) => rule.head.name.text === table);
    this.#checkDerivedTable(table, rules);
    const plain = rules.filter((rule) => !hasAggregate(rule.head));
    const [recursive, nonRecursive] = [true, false].map((kind) =>
      plain.filter((rule) => isRecursive(rule, stratum) === kind),
    );
    this.#addDerivedRule(table, nonRecursive ?? [], undefined, stratum, costs);
    this.#addDerivedRule(table, recursive ?? [], undefined, stratum, costs);
    for (const rule of rules)
      if (hasAggregate(rule.head)) this.#addDerivedRule(table, [rule], this.#aggregate(rule), stratum, costs);
  }

  #checkDerivedTable(table: string, rules: readonly CoreRule[]): void {
    const span = rules[0]?.span;
    const { arity, table: spec } = this.#predicates.named(table, 0);
    if (spec !== undefined && !isKeyed(arity, spec)) this.diagnostics.push(report("E0238", span, { table }));
  }

  #addDerivedRule(
    table: string,
    rules: readonly CoreRule[],
    aggregate: AggregateSpec | undefined,
    stratum: RuleStratum,
    costs: MonotoneCosts | undefined,
  ): void {
    if (rules.length === 0 || !this.#areShort(rules)) return;
    const id = this.#derivedRules.length;
    const predicate = this.#predicates.named(table, 0);
    const needsRefreshes = predicate.table?.derived === "mixed" || this.#predicates.notifiesRefreshes(table);
    const ranksRows = this.#ranksRows(stratum);
    const context = { derivedRule: id, stratumTables: stratum.tables, needsRefreshes, costs, ranksRows };
    const drafts = rules.flatMap((rule) => planMaintenance(rule, context, this.#origin(rule), this.#context));
    const strands = drafts.map((draft) => this.#add(draft));
    this.#derivedRules.push({
      id,
      predicate: predicate.id,
      aggregate,
      deterministicColumns: rules[0] && deterministicColumns(rules[0]),
      isRecursive: rules.some((rule) => isRecursive(rule, stratum)),
      strands,
    });
  }

  /** Reports the rules that read more tables than the limit, before the planner makes strands of them. */
  #areShort(rules: readonly CoreRule[]): boolean {
    const long = rules.filter(({ body }) => body.length > BODY_TABLES_MAX && tablesIn(body) > BODY_TABLES_MAX);
    for (const { name, span, body } of long) {
      this.diagnostics.push(report("E0255", span, { rule: name, tables: tablesIn(body), most: BODY_TABLES_MAX }));
    }
    return long.length === 0;
  }

  #aggregate(rule: CoreRule): AggregateSpec {
    const { head } = rule;
    const columns = aggregateColumns(rule, head.args, this.#predicates.named(head.name.text, 0).table?.keys ?? []);
    return {
      hasProofs: rule.hasProofs === true,
      columns: columns.map((column) =>
        column.kind === "aggregate" ? { kind: "aggregate", function: column.function } : { kind: column.kind },
      ),
    };
  }

  #fact(fact: ProgramFact): readonly FactSpec[] {
    const name = fact.atom.name.text;
    const args = fact.atom.args.map((argument) => this.#constant(argument as Expression));
    const located = locationOf(fact.atom);
    const location = located && this.#constant(located);
    if (args.some((value) => value === undefined) || (located !== undefined && location === undefined)) {
      this.diagnostics.push(report("E0227", fact.span, { name }));
      return [];
    }
    const { file, line } = this.#lines.position(fact.span);
    const predicate = this.#predicates.named(name, args.length).id;
    return [{ predicate, args: args.map((value) => value ?? null), location, origin: { rule: name, file, line } }];
  }

  #constant(expression: Expression): Value | undefined {
    return constantValue(expression, (name) => this.#predicates.find(name));
  }

  /** Replicated rows are dropped when their sender has been silent for MAX_SILENCE, or for the lifetime of the table if it is shorter. */
  #channel({ outlet, inlet, table, hasProofs = false }: CoreChannel): ChannelSpec {
    const lifetime = this.#core.tables.get(table)?.lifetime ?? Infinity;
    return {
      outlet: this.#predicates.named(outlet, 0).id,
      inlet: this.#predicates.named(inlet, 0).id,
      timeout: Math.min(MAX_SILENCE, lifetime),
      hasProofs,
    };
  }

  #overlay(name: string): OverlaySpec {
    return {
      name,
      send: this.#predicates.find(`${name}.send`)?.id,
      recv: this.#predicates.find(`${name}.recv`)?.id,
      localAddr: this.#predicates.named(`${name}.${LOCAL_ADDRESS}`, 1).id,
      member: this.#memberTable(name),
    };
  }

  #memberTable(overlay: string): number | undefined {
    const spec = this.#predicates.find(`${overlay}.member`);
    return spec?.table === undefined || spec.arity !== 1 ? undefined : spec.id;
  }
}

/** Reduces `periodic` to its first argument, which the event carries. The other arguments only configure the timer. */
function timerEvent(rule: CoreRule): CoreRule {
  if (rule.trigger.kind !== "event" || rule.trigger.literal.atom.name.text !== PERIODIC) return rule;
  const { literal } = rule.trigger;
  const atom = { ...literal.atom, args: literal.atom.args.slice(0, 1) };
  return { ...rule, trigger: { kind: "event", literal: { ...literal, atom } } };
}

function isRecursive(rule: CoreRule, { tables }: RuleStratum): boolean {
  return rule.body.some((literal) => literal.kind === "predicate" && tables.has(literal.atom.name.text));
}

/** Returns the columns of the head without memoised results; undefined if the rule has no memoised results. */
function deterministicColumns({ head, memoised }: CoreRule): readonly number[] | undefined {
  return (
    memoised && head.args.flatMap((one, column) => (one.kind === "variable" && memoised.has(one.name) ? [] : [column]))
  );
}
