import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { typeBit } from "../../runtime/plan/values/column-type.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import type { ColumnTypes } from "./column-types.ts";

/** Reports tables that rules define at overlay addresses: channels replicate rows between nodes of the IP network only. */
export function checkChannels({ channels, tables, arities }: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  return channels.flatMap(({ outlet, table }) => {
    const [location] = types.of(outlet, arities.get(outlet) ?? 0);
    if (location !== typeBit("address")) return [];
    return [report("E0246", tables.get(outlet)?.span, { table: table.replace(/\?.*/, "") })];
  });
}
