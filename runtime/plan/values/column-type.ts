import { kinds, kindOf, type Kind, type Value } from "./value.ts";

/** A set of kinds as bits, one a kind, in the order of values. 0 says nothing and admits everything. */
export type ColumnType = number;

export function typeBit(kind: Kind): ColumnType {
  return 1 << kinds.indexOf(kind);
}

export function admits(type: ColumnType, value: Value): boolean {
  return type === 0 || (type & typeBit(kindOf(value))) !== 0;
}
