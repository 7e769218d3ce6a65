import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { hasAggregate, isPredicate } from "../1-check/rule-shape.ts";
import { atomAt, type CoreChannel, type CoreProgram, type CoreRule, literalAt } from "../2-rewrite/core.ts";
import { components } from "./components.ts";
import { isMonotone } from "./monotone.ts";

/** Tables whose rules read each other, each after those it reads, and the rules that define them. */
export interface RuleStratum {
  readonly tables: ReadonlySet<string>;
  readonly rules: readonly CoreRule[];
  readonly isRecursive: boolean;
}

/** The view rules of a node in the order in which their tables must be brought up to date. */
export function strataOf(core: CoreProgram): readonly RuleStratum[] {
  return strataOfRules(core.rules.filter((rule) => rule.trigger.kind === "view"));
}

/** The same for the whole network: what a node keeps for another is read there. */
export function strataOfNetwork(core: CoreProgram): readonly RuleStratum[] {
  const views = core.rules.filter((rule) => rule.trigger.kind === "view");
  return strataOfRules([...views, ...core.channels.flatMap((channel) => passage(channel, core))]);
}

function passage({ outlet, inlet }: CoreChannel, core: CoreProgram): readonly CoreRule[] {
  const origin = core.rules.find((rule) => rule.head.name.text === outlet);
  if (origin === undefined) return [];
  const args = origin.head.args;
  return [{ ...origin, head: atomAt(inlet, args, origin.span), body: [literalAt(atomAt(outlet, args, origin.span))] }];
}

function strataOfRules(rules: readonly CoreRule[]): readonly RuleStratum[] {
  const byTable = Map.groupBy(rules, (rule) => rule.head.name.text);
  return components(byTable.keys(), (name) => readsAmong(byTable, name)).map((names) => {
    const tables = new Set(names);
    const own = names.flatMap((name) => byTable.get(name) ?? []);
    return { tables, rules: own, isRecursive: own.some((rule) => readsOf(rule).some((read) => tables.has(read))) };
  });
}

function readsAmong(byTable: ReadonlyMap<string, readonly CoreRule[]>, name: string): readonly string[] {
  return (byTable.get(name) ?? []).flatMap(readsOf).filter((read) => byTable.has(read));
}

/** What makes a stratum mean nothing, or maybe nothing: tables that are decided by what is not in them. */
export function checkStratum({ tables, rules }: RuleStratum): readonly Diagnostic[] {
  const found = rules.flatMap((rule): readonly Diagnostic[] => {
    const negated = rule.body.find((literal) => isPredicate(literal) && literal.negated && tables.has(nameOf(literal)));
    if (negated?.kind === "predicate") return [unstratified(rule, nameOf(negated), "the absence of ", rules)];
    const inner = readsOf(rule).find((read) => tables.has(read));
    if (inner === undefined || !hasAggregate(rule.head)) return [];
    const whole = rule.head.args.flatMap((argument) => (argument.kind === "aggregate" ? [argument] : []));
    const needsAll = whole.find((argument) => argument.function !== "min" && argument.function !== "max");
    if (needsAll !== undefined) return [unstratified(rule, inner, `the ${needsAll.function} of all of `, rules)];
    return isMonotone(rule, tables, rules) ? [] : [report("W0230", rule.span, { table: rule.head.name.text })];
  });
  return [...new Map(found.map((one) => [circleOf(one), one] as const).toReversed()).values()].toReversed();
}

/** The rules of its circle: one circle is told once, wherever in it one begins. */
function circleOf({ code, span, related }: Diagnostic): string {
  const places = [span, ...related.map((one) => one.span)].map((one) => `${one?.file}:${one?.start}`);
  return [code, ...places.toSorted()].join(" ");
}

function nameOf(literal: CoreRule["body"][number]): string {
  return literal.kind === "predicate" ? literal.atom.name.text : "";
}

function readsOf(rule: CoreRule): readonly string[] {
  return rule.body.filter(isPredicate).map(nameOf);
}

/** The cycle, rule by rule: from the rule that needs the absence, back to its own table. */
function unstratified(rule: CoreRule, read: string, how: string, rules: readonly CoreRule[]): Diagnostic {
  const back = wayBack(read, rule.head.name.text, rules);
  const steps = back.map(({ by, from }) => `\`${by.name}\` takes \`${by.head.name.text}\` from \`${from}\``);
  const first = `rule \`${rule.name}\` takes \`${rule.head.name.text}\` from ${how}\`${read}\``;
  const related = back.map(({ by }) => ({ span: by.span, message: `\`${by.name}\` is part of the circle` }));
  return report("E0228", rule.span, { table: rule.head.name.text, cycle: [first, ...steps].join(", ") }, related);
}

interface Step {
  readonly by: CoreRule;
  readonly from: string;
}

function wayBack(from: string, to: string, rules: readonly CoreRule[]): readonly Step[] {
  const ways = new Map<string, readonly Step[]>([[from, []]]);
  for (const [table, way] of ways) {
    if (table === to) return way;
    for (const by of rules.filter((rule) => rule.head.name.text === table)) {
      for (const read of readsOf(by)) if (!ways.has(read)) ways.set(read, [...way, { by, from: read }]);
    }
  }
  return [];
}
