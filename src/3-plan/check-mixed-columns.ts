import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { kindPhrase } from "../../grammar/kind-phrase.ts";
import { report } from "../../grammar/report.ts";
import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { socketEventNamed } from "../../runtime/plan/values/socket-view.ts";
import { UDP_SEND } from "../../runtime/plan/values/udp-call.ts";
import { kinds } from "../../runtime/plan/values/value.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import type { ColumnTypes } from "./column-types.ts";

/**
 * Warns of columns that different rules fill with different kinds of values. Strings and addresses count as one kind, and null is
 * compatible with all kinds. Predicates with a signature and predicates of sockets are exempt, because their types are fixed.
 */
export function checkMixedColumns(core: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  const declared = new Set([...core.accepts, ...core.signatures].map(({ name }) => name));
  const reported = new Set<string>();
  const first = new Map<string, { readonly kind: string; readonly rule: CoreRule }>();
  // Sorted by name, so that the result does not depend on the order of the text.
  const rules = core.rules.toSorted((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
  return rules.flatMap((rule) => {
    const name = rule.head.name.text;
    if (declared.has(name) || name === UDP_SEND || socketEventNamed(name) !== undefined) return [];
    return types.ofHead(rule).flatMap((type, at): readonly Diagnostic[] => {
      const kind = onlyKind(type);
      const column = `${name}/${at}`;
      const known = first.get(column);
      if (kind === undefined || known?.kind === kind) return [];
      if (known === undefined) {
        first.set(column, { kind, rule });
        return [];
      }
      // A divided rule appears several times with the same head.
      const position = `${column}/${rule.head.span.file}:${rule.head.span.start}`;
      if (reported.has(position)) return [];
      reported.add(position);
      const related = [{ span: known.rule.head.span, message: `here it is ${kindPhrase(known.kind)}` }];
      return [report("W0226", rule.head.span, { name, column: at + 1, kind, other: known.kind }, related)];
    });
  });
}

/** Returns the only kind of the type besides null; undefined if there is no other kind, or several. */
function onlyKind(type: ColumnType): string | undefined {
  const found = kinds.filter((kind) => kind !== "null" && (type & typeBit(kind)) !== 0);
  const names = new Set(found.map((kind) => (kind === "address" ? "string" : kind)));
  return names.size === 1 ? [...names][0] : undefined;
}
