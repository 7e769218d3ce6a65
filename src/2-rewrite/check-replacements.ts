/**
 * check-replacements: warns of rules without an event that are probably meant as actions. Such a rule defines rows of a table from rows
 * of the same table, and event rules change the table too:
 *
 *   pred(null, null) :- dead(A), pred(_, A).
 *
 * The new row replaces the row that it is derived from. Without that row there is no derivation, so the new row goes as well.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram, CoreRule } from "./core.ts";
import { strataOf } from "./strata.ts";

/** Reports each rule that may replace rows that it is derived from (W0244). */
export function checkReplacements(core: CoreProgram): readonly Diagnostic[] {
  const actions = Map.groupBy(
    core.rules.filter(({ trigger, isDelete }) => trigger.kind !== "maintained" && !isDelete),
    ({ head }) => head.name.text,
  );
  return strataOf(core).flatMap(({ tables, rules }) =>
    rules.flatMap((rule) => {
      const { name } = rule.head;
      const [action] = actions.get(name.text) ?? [];
      const isSuspect = readsAny(rule, tables) && !hasAggregate(rule.head) && mayReplace(rule, core);
      if (action === undefined || !isSuspect) return [];
      const related = [{ span: action.span, message: `\`${action.name}\` changes \`${name.text}\` on an event` }];
      return [report("W0244", rule.span, { rule: rule.name, table: name.text }, related)];
    }),
  );
}

function readsAny({ body }: CoreRule, tables: ReadonlySet<string>): boolean {
  return body.some((literal) => isPredicate(literal) && !literal.negated && tables.has(literal.atom.name.text));
}

/** Whether a new row of the head's table can replace another row: by an equal primary key, or because the table has a size. */
function mayReplace({ head }: CoreRule, { tables }: CoreProgram): boolean {
  const table = tables.get(head.name.text);
  if (table === undefined) return false;
  const isKeyed = table.keys.length > 0 && table.keys.length < head.args.length;
  return isKeyed || table.size < Infinity;
}
