import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { typeBit } from "../../runtime/plan/values/column-type.ts";
import { kinds } from "../../runtime/plan/values/value.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import { type ColumnTypes, declaredType } from "./column-types.ts";

/** Reports columns that rules fill with kinds of values that their signature does not allow. */
export function checkSignatures(core: CoreProgram, types: ColumnTypes): readonly Diagnostic[] {
  return core.signatures.flatMap(({ name, types: declared, span }) => {
    const inferred = types.of(name, declared.length);
    return declared.flatMap((type, column) => {
      const found = (inferred[column] ?? 0) & ~declaredType(type);
      if (found === 0) return [];
      const kindNames = kinds.filter((kind) => (found & typeBit(kind)) !== 0).join(" or ");
      return [report("E0239", span, { name, column: column + 1, declared: type, found: kindNames })];
    });
  });
}
