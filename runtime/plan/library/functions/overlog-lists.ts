/**
 * Functions of lists as OverLog evaluates them: they read null as the empty list, and any other value that is not a list as a list of one
 * item.
 */
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { listOf } from "../operators/overlog-operators.ts";
import type { Maybe, Value } from "../../values/value.ts";

/** Converts an argument. `others` are the other arguments of the call. */
type Reading = (argument: Value, others: readonly Maybe[]) => Value;

const asList: Reading = listOf;
const asListUnlessBytes: Reading = (argument) => (argument instanceof Uint8Array ? argument : listOf(argument));
const asListUnlessText: Reading = (argument) => (isText(argument) ? argument : listOf(argument));
const asListOrText: Reading = (argument, others) =>
  others.every(isText) && isText(argument) ? argument : listOf(argument);
/** Converts null to the empty list. Returns other values unchanged. */
const nullAsList: Reading = (argument) => argument ?? [];
const asOnlyItemOrList: Reading = (argument, others) => (others.length === 0 ? argument : listOf(argument));

/**
 * Conversions of the arguments of each function, in order. If a function takes any number of arguments, the last conversion applies to
 * all further ones.
 */
const READINGS: Readonly<Record<string, readonly (Reading | undefined)[]>> = {
  f_cons: [undefined, asList],
  f_append: [asOnlyItemOrList],
  f_concat: [asListOrText, asListOrText],
  f_car: [asList],
  f_first: [asList],
  f_cdr: [asList],
  f_last: [asList],
  f_removeLast: [asList],
  f_item: [asList],
  f_take: [asList],
  f_member: [asList],
  f_contains: [asListUnlessText],
  f_intersect: [asList, asList],
  f_subset: [asList, asList],
  f_size: [asListUnlessText],
  f_empty: [asListUnlessText],
  f_isEmpty: [asListUnlessText],
  f_reverse: [asList],
  f_sort: [asList],
  f_slice: [asListUnlessBytes],
  f_bytes: [nullAsList],
  f_pack: [undefined, nullAsList],
  f_address: [undefined, nullAsList, asList],
  f_mix: [asList],
  f_unmix: [undefined, asList],
};

/** Returns the OverLog variants of the given functions that take lists. A variant has the name of its function. */
export function overlogListFunctions(specs: readonly FunctionSpec[]): readonly FunctionSpec[] {
  return specs.flatMap((spec) => {
    const readings = READINGS[spec.name];
    return readings === undefined ? [] : [reading(spec, readings)];
  });
}

function reading(spec: FunctionSpec, readings: readonly (Reading | undefined)[]): FunctionSpec {
  return {
    ...spec,
    call: (ambient, args) => {
      const values = args.map((argument, at) => {
        const others = args.filter((_, other) => other !== at);
        const read = at >= readings.length && spec.maxArgs === Infinity ? readings.at(-1) : readings[at];
        return read?.(argument, others) ?? argument;
      });
      return spec.call(ambient, values);
    },
  };
}

function isText(value: Maybe): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}
