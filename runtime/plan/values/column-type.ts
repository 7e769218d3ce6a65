import { kinds, kindOf, type Kind, type Value } from "./value.ts";

/** Set of kinds of values, one bit per kind, in the order of `kinds`. 0 means that the type is unknown, and admits every kind. */
export type ColumnType = number;

export function typeBit(kind: Kind): ColumnType {
  return 1 << kinds.indexOf(kind);
}

/** All kinds of values. */
export const ANYTHING: ColumnType = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);

export function admits(type: ColumnType, value: Value): boolean {
  return type === 0 || (type & typeBit(kindOf(value))) !== 0;
}

/** Describes a column type in a sentence: `string or id`. */
export function columnTypeName(type: ColumnType): string {
  const admitted = kinds.filter((kind) => type === 0 || (type & typeBit(kind)) !== 0);
  return admitted.length === kinds.length ? "anything" : admitted.join(" or ");
}
