import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { ADDRESSES_OF } from "../program/builtin.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram, CoreRule } from "./core.ts";
import { isMonotone } from "./monotone.ts";
import { type RuleStratum, readsOf, strataOfNetwork } from "./strata.ts";

/** Reports recursion whose result is undefined (E0228) or may be undefined (W0230): through negation or an aggregate. */
export function checkStrata(core: CoreProgram): readonly Diagnostic[] {
  const shown = shownNames(core);
  return strataOfNetwork(core).flatMap((stratum) => checkStratum(stratum, shown));
}

/**
 * Names that messages show for hidden tables: the table that a channel replicates, the `localAddr` of the hidden addresses, or the table
 * whose rule combines aggregates.
 */
function shownNames({ channels, tables, rules }: CoreProgram): ReadonlyMap<string, string> {
  const travelling = channels.flatMap(({ outlet, inlet, table }) =>
    [outlet, inlet, outlet.replace(/\?out/, "?for")].map((name) => [name, table] as const),
  );
  const announced = [...tables.keys()].flatMap((name) =>
    name.endsWith(ADDRESSES_OF) ? [[name, name.slice(0, -ADDRESSES_OF.length)] as const] : [],
  );
  const combined = rules.flatMap(({ head, combinedIn }) =>
    combinedIn === undefined ? [] : [[head.name.text, combinedIn] as const],
  );
  return new Map([...travelling, ...announced, ...combined]);
}

function checkStratum({ tables, rules }: RuleStratum, shown: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const found = rules.flatMap((rule): readonly Diagnostic[] => {
    const negated = rule.body.find(
      (literal) => isPredicate(literal) && literal.negated && tables.has(literal.atom.name.text),
    );
    if (negated?.kind === "predicate")
      return [unstratified(rule, negated.atom.name.text, "the absence of ", rules, shown)];
    const inner = readsOf(rule).find((read) => tables.has(read));
    if (inner === undefined || !hasAggregate(rule.head)) return [];
    const aggregates = rule.head.args.flatMap((argument) => (argument.kind === "aggregate" ? [argument] : []));
    const isMonotonic = (name: string): boolean => name === "min" || name === "max";
    const needsAll =
      rule.combinedIn === undefined ? aggregates.find((one) => !isMonotonic(one.function)) : aggregates[0];
    if (needsAll !== undefined) return [unstratified(rule, inner, `the ${needsAll.function} of `, rules, shown)];
    return isMonotone(rule, tables, rules) ? [] : [report("W0230", rule.span, { table: rule.head.name.text })];
  });
  const errors = found.filter(({ severity }) => severity === "error");
  return distinct(errors.length > 0 ? errors : found);
}

/** Reports each cycle once. */
function distinct(found: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(found.map((one) => [cycleKey(one), one] as const).toReversed()).values()].toReversed();
}

/** Identifies a cycle by its rules: diagnostics of one cycle have the same key, whichever rule they begin with. */
function cycleKey({ code, span, related }: Diagnostic): string {
  const positions = [span, ...related.map((one) => one.span)].map((one) => `${one?.file}:${one?.start}`);
  return [code, ...positions.toSorted()].join(" ");
}

/** Reports the cycle rule by rule, from the rule with the negation or aggregate back to the table that this rule fills. */
function unstratified(
  rule: CoreRule,
  read: string,
  how: string,
  rules: readonly CoreRule[],
  names: ReadonlyMap<string, string>,
): Diagnostic {
  const nameOf = (table: string): string => names.get(table) ?? table;
  const path = pathBack(read, rule.head.name.text, rules);
  // A negated pattern reads its table through a hidden table. Messages do not name the hidden table.
  const isHidden = read.includes("?") && path.length > 0;
  const back = isHidden ? path.slice(1) : path;
  const shown = nameOf(isHidden ? (path[0] as CycleStep).from : read);
  const steps = back
    .map(({ by, from }) => ({ by, from: nameOf(from), head: nameOf(by.head.name.text) }))
    .filter(({ from, head }) => from !== head)
    .map(({ by, from, head }) => `\`${by.name}\` derives \`${head}\` from \`${from}\``);
  const table = nameOf(rule.head.name.text);
  const first = `rule \`${rule.name}\` derives \`${table}\` from ${how}\`${shown}\``;
  const others = [...new Map(back.map(({ by }) => [by.span, by])).values()].filter(({ span }) => span !== rule.span);
  const related = others.map((by) => ({ span: by.span, message: `\`${by.name}\` is part of the cycle` }));
  return report("E0228", rule.span, { table, cycle: [first, ...steps].join(", ") }, related);
}

interface CycleStep {
  readonly by: CoreRule;
  readonly from: string;
}

function pathBack(from: string, to: string, rules: readonly CoreRule[]): readonly CycleStep[] {
  const paths = new Map<string, readonly CycleStep[]>([[from, []]]);
  for (const [table, path] of paths) {
    if (table === to) return path;
    for (const by of rules.filter((rule) => rule.head.name.text === table)) {
      for (const read of readsOf(by)) if (!paths.has(read)) paths.set(read, [...path, { by, from: read }]);
    }
  }
  return [];
}
