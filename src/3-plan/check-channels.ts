import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { typeBit } from "../../runtime/plan/values/column-type.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import type { ColumnTypes } from "./column-types.ts";

/** Rows that rules define for places that can only lie in an overlay: what keeps them true is spoken between nodes of the IP network. */
export function checkChannels({ channels, tables, arities }: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  return channels.flatMap(({ outlet, table }) => {
    const [place] = types.of(outlet, arities.get(outlet) ?? 0);
    if (place !== typeBit("address")) return [];
    return [report("E0246", tables.get(outlet)?.span, { table: table.replace(/\?.*/, "") })];
  });
}
