import { admits } from "../plan/values/column-type.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { AcceptSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";
import { admitsValue, type ValueType } from "../plan/values/value-type.ts";

/** Whether the columns of the predicate admit the arguments. */
export function hasColumnTypes(tuple: Tuple): boolean {
  const { columns } = tuple.predicate;
  return hasTypes(tuple, (column, value) => admits(columns[column] ?? 0, value));
}

/** Whether the `accept` permits the tuple, apart from its limits. `isSender` says whether a value is a name of the sender. */
export function isPermitted(
  { types, insert, remove }: AcceptSpec,
  tuple: Tuple,
  isSender: (name: Value) => boolean,
): boolean {
  if (!(tuple.isDelete ? remove : insert)) return false;
  return hasTypes(tuple, (column, value) => admitsValue(types[column] as ValueType, value, isSender));
}

/** Whether the columns admit the arguments. A deletion names a row by its key, so its other arguments may be anything. */
function hasTypes(
  { args, predicate: { table }, isDelete }: Tuple,
  isAdmitted: (column: number, value: Value) => boolean,
): boolean {
  const keys = isDelete && table !== undefined && table.keys.length > 0 ? table.keys : undefined;
  for (let column = 0; column < args.length; column++) {
    if (keys?.includes(column) === false) continue;
    if (!isAdmitted(column, args[column] as Value)) return false;
  }
  return true;
}
