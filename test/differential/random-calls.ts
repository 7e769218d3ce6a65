/** Random views (`def`) and the rules that call them. */
import type { Chance } from "./chance.ts";
import type { May } from "./random-program.ts";
import { RandomRule, type RuleText } from "./random-rule.ts";
import { type ColumnKind, type Relation } from "./schema.ts";

/** `def v(A, &B) .. { rules }` */
export interface Definition {
  readonly name: string;
  readonly inputs: readonly ColumnKind[];
  readonly outputs: readonly ColumnKind[];
  /** Declarations between the header and the rules. */
  readonly says: string;
  readonly rules: readonly RuleText[];
}

export function definitionText({ name, inputs, outputs, says, rules }: Definition): string {
  const parameters = [...inputs.map((_, at) => `A${at}`), ...outputs.map((_, at) => `&B${at}`)];
  const lines = rules.map(({ label, head, body }) => `  ${label}: ${head} :- ${body.join(", ")}.`);
  return [`def ${name}(${parameters.join(", ")})${says} {`, ...lines, "}"].join("\n");
}

/**
 * Writes views and rules that call them. The naive evaluator does not order the returns of several calls at one time, which
 * view-switches.test.ts covers. So either only one call is pending at a time (its event is raised only by commands, and only its
 * rule subscribes to it), or no rule reads the results of calls.
 */
export class CallWriter {
  readonly #chance: Chance;
  readonly #may: May;
  readonly #isAtOnce: boolean;
  readonly #readable: readonly Relation[];
  readonly #writable: readonly Relation[];
  readonly #definitions: Definition[] = [];

  constructor(chance: Chance, may: May, readable: readonly Relation[], writable: readonly Relation[]) {
    this.#chance = chance;
    this.#may = may;
    this.#readable = readable;
    this.#writable = writable;
    this.#isAtOnce = may("view calls at once", 35);
  }

  definitions(): readonly Definition[] {
    return this.#definitions;
  }

  define(name: string, kind: () => ColumnKind): void {
    const chance = this.#chance;
    const inputs = chance.times(1, 2, kind);
    const outputs = chance.times(0, 2, kind);
    // Calls of views that read no changing table are inlined.
    const isStill = chance.percent(50);
    const isMany = !isStill && this.#may("views with many returns", 30);
    const says = `${chance.percent(70) ? ` timeout(${chance.between(1, 4)})` : ""}${isMany ? " many" : ""}`;
    const rules = this.#rules(inputs, outputs, isStill, isMany);
    this.#definitions.push({ name, inputs, outputs, says, rules });
  }

  /** Writes a calling rule. Only this rule subscribes to `events`. */
  rule(label: string, event: Relation, heads: readonly Relation[], last: Relation): RuleText {
    const chance = this.#chance;
    const rule = new RandomRule(label, chance, this.#may);
    if (this.#isAtOnce) {
      // With only tables in its body the rule would define a table.
      if (last.table !== undefined || chance.percent(60)) rule.start(event);
      chance.times(rule.scope().length === 0 ? 1 : 0, 2, () => rule.join(chance.pick(this.#readable)));
      rule.conditions(false);
      for (const _ of chance.times(1, 2, () => 0)) this.#call(rule);
      return rule.plain(last);
    }
    if (this.#may("timers", 15)) rule.addTimer();
    else rule.start(event);
    rule.tests();
    if (this.#may("negation in event rules", 15)) rule.negate(chance.pick(this.#readable));
    for (const _ of chance.times(1, 2, () => 0)) {
      this.#call(rule);
      rule.tests();
    }
    chance.times(0, 2, () => rule.join(chance.pick(this.#readable)));
    rule.conditions(false);
    if (this.#may("negation in event rules", 20)) rule.negate(chance.pick(this.#readable));
    if (this.#may("delete rules", 15)) return rule.remove(chance.pick(this.#writable));
    return this.#may("locations", 15) ? rule.sent(chance.pick(this.#writable)) : rule.plain(chance.pick(heads));
  }

  /** Writes a rule that subscribes to the failure of a call. */
  failed(label: string, heads: readonly Relation[], last: Relation): RuleText {
    const { name, inputs } = this.#chance.pick(this.#definitions);
    const rule = new RandomRule(label, this.#chance, this.#may);
    rule.start({ name: `${name}!fail`, columns: [...inputs, "string"], table: undefined, isLast: false });
    rule.conditions(false);
    return rule.plain(this.#isAtOnce ? last : this.#chance.pick(heads));
  }

  #rules(
    inputs: readonly ColumnKind[],
    outputs: readonly ColumnKind[],
    isStill: boolean,
    isMany: boolean,
  ): readonly RuleText[] {
    const chance = this.#chance;
    const init = own("init", inputs);
    const inner = own("x", inputs);
    const hasInner = chance.percent(35);
    const labels = ["a", "b", "c", "d", "e"].values();
    const rule = (event: Relation): RandomRule => {
      const written = new RandomRule(labels.next().value as string, chance, this.#may);
      written.start(event);
      return written;
    };
    const joined = (event: Relation): RandomRule => {
      const written = rule(event);
      if (!isStill) chance.times(0, 2, () => written.join(chance.pick(this.#readable)));
      written.conditions(false);
      if (!isStill && this.#may("negation in event rules", 20)) written.negate(chance.pick(this.#readable));
      return written;
    };
    const answers = chance.times(1, 2, () =>
      joined(hasInner && chance.percent(70) ? inner : init).plain(own("return", outputs)),
    );
    return [
      ...answers,
      ...(hasInner ? [joined(init).plain(inner)] : []),
      ...(this.#definitions.length > 0 && this.#may("views that call views", 40)
        ? [this.#nested(rule(init), outputs)]
        : []),
      ...(this.#may("views that fail", 35)
        ? [joined(chance.pick(hasInner ? [init, inner] : [init])).plain(own("fail", ["string"]))]
        : []),
      ...(isMany && chance.percent(60) ? [joined(hasInner ? inner : init).plain(own("done", []))] : []),
      // Simultaneous calls have no order, so none may see changes of another.
      ...(!isStill && !this.#isAtOnce && this.#may("views that change tables", 25)
        ? [joined(init).plain(chance.pick(this.#writable))]
        : []),
    ].slice(0, 5);
  }

  #nested(rule: RandomRule, outputs: readonly ColumnKind[]): RuleText {
    rule.tests();
    this.#call(rule);
    rule.tests();
    return rule.plain(own("return", outputs));
  }

  #call(rule: RandomRule): void {
    const { name, inputs, outputs } = this.#chance.pick(this.#definitions);
    const isElsewhere = !this.#isAtOnce && this.#may("view calls elsewhere", 20);
    rule.call(name, inputs, outputs, isElsewhere);
  }
}

function own(name: string, columns: readonly ColumnKind[]): Relation {
  return { name: `this.${name}`, columns, table: undefined, isLast: false };
}
