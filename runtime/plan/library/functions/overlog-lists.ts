/** List functions of OverLog, which read null as the empty list and any other value as the list of that value. */
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { listOf } from "../operators/overlog-operators.ts";
import type { Maybe, Value } from "../../values/value.ts";
import { listFunctions } from "./lists.ts";

/** Reads an argument; the second parameter is the other arguments of the call. */
type Reading = (argument: Value, others: readonly Maybe[]) => Value;

const asList: Reading = listOf;
const asListUnlessText: Reading = (argument) => (isText(argument) ? argument : listOf(argument));
const asListOrText: Reading = (argument, others) =>
  others.every(isText) && isText(argument) ? argument : listOf(argument);
const asOnlyItemOrList: Reading = (argument, others) => (others.length === 0 ? argument : listOf(argument));

/** Readings of the arguments, in their order. */
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
  f_member: [asList],
  f_contains: [asListUnlessText],
  f_intersect: [asList, asList],
  f_subset: [asList, asList],
  f_size: [asListUnlessText],
  f_empty: [asListUnlessText],
  f_isEmpty: [asListUnlessText],
  f_reverse: [asList],
  f_sort: [asList],
};

/** The functions under their own names, as OverLog evaluates them. */
export const overlogListFunctions: readonly FunctionSpec[] = listFunctions.flatMap((spec) => {
  const readings = READINGS[spec.name];
  return readings === undefined ? [] : [reading(spec, readings)];
});

function reading(spec: FunctionSpec, readings: readonly (Reading | undefined)[]): FunctionSpec {
  return {
    ...spec,
    call: (ambient, args) => {
      const read = args.map((argument, at) => {
        const others = args.filter((_, other) => other !== at);
        return readings[at]?.(argument, others) ?? argument;
      });
      return spec.call(ambient, read);
    },
  };
}

function isText(value: Maybe): boolean {
  return typeof value === "string" || value instanceof Uint8Array;
}
