import { isPredicate } from "../program/rule-shape.ts";
import { atomAt, type CoreChannel, type CoreProgram, type CoreRule, literalAt } from "./core.ts";
import { stronglyConnectedComponents } from "./strongly-connected-components.ts";

/** Stratum: tables that depend on each other, and the rules that define them. */
export interface RuleStratum {
  readonly tables: ReadonlySet<string>;
  readonly rules: readonly CoreRule[];
  readonly isRecursive: boolean;
}

/** Returns the strata of a node in topological order: a stratum reads only strata before it. */
export function strataOf(core: CoreProgram): readonly RuleStratum[] {
  return strataOfRules(core.rules.filter((rule) => rule.trigger.kind === "maintained"));
}

/** Returns the strata of the whole network, in which the inlet of a channel depends on its outlet. */
export function strataOfNetwork(core: CoreProgram): readonly RuleStratum[] {
  const maintained = core.rules.filter((rule) => rule.trigger.kind === "maintained");
  return strataOfRules([...maintained, ...core.channels.flatMap((channel) => channelRule(channel, core))]);
}

/** A rule that derives the inlet of a channel from its outlet. It exists in the dependency graph only and is not planned. */
function channelRule({ outlet, inlet }: CoreChannel, core: CoreProgram): readonly CoreRule[] {
  const origin = core.rules.find((rule) => rule.head.name.text === outlet);
  if (origin === undefined) return [];
  const args = origin.head.args;
  return [{ ...origin, head: atomAt(inlet, args, origin.span), body: [literalAt(atomAt(outlet, args, origin.span))] }];
}

function strataOfRules(rules: readonly CoreRule[]): readonly RuleStratum[] {
  const byTable = Map.groupBy(rules, (rule) => rule.head.name.text);
  return stronglyConnectedComponents(byTable.keys(), (name) => readsAmong(byTable, name)).map((names) => {
    const tables = new Set(names);
    const own = names.flatMap((name) => byTable.get(name) ?? []);
    return { tables, rules: own, isRecursive: own.some((rule) => readsOf(rule).some((read) => tables.has(read))) };
  });
}

function readsAmong(byTable: ReadonlyMap<string, readonly CoreRule[]>, name: string): readonly string[] {
  return (byTable.get(name) ?? []).flatMap(readsOf).filter((read) => byTable.has(read));
}

/** Names of the predicates in the body of the rule. */
export function readsOf(rule: CoreRule): readonly string[] {
  return rule.body.filter(isPredicate).map(({ atom }) => atom.name.text);
}
