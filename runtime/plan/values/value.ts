import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isTrain, segmentsOf } from "./train.ts";

/**
 * Value of a variable or column (docs/language.md, "Values"). An id is a bigint from 0 up to 2^160 - 1. An address of the IP network
 * is a string. `undefined` is not a value: an operation returns it when it fails.
 */
export type Value = null | boolean | number | string | bigint | Address | Uint8Array | readonly Value[] | Packet;

/** Several values in order: the arguments of a tuple, the columns of a row, the items of a list. */
export type Values = readonly Value[];

/** Result of an operation: a value, or `undefined` when it failed. Operations on `undefined` give `undefined`. */
export type Maybe = Value | undefined;

/** Kinds of values, in their order: `null < bool < number < ... < tuple`. */
export const kinds = ["null", "bool", "number", "string", "id", "address", "bytes", "list", "tuple"] as const;
export type Kind = (typeof kinds)[number];

export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "number";
    case "string":
      return "string";
    case "bigint":
      return "id";
    default:
      return kindOfObject(value);
  }
}

function kindOfObject(value: Value): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (value instanceof Address) return "address";
  if (value instanceof Packet) return "tuple";
  return "bytes";
}

/** Returns whether two values are structurally equal. NaN equals NaN. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
    return Number.isNaN(left) && Number.isNaN(right);
  }
  return equalObjects(left, right);
}

type ObjectValue = Exclude<Value, null | boolean | number | string | bigint>;

function equalObjects(left: ObjectValue, right: ObjectValue): boolean {
  if (left instanceof Address) return right instanceof Address && left.key === right.key;
  if (left instanceof Packet) return right instanceof Packet && left.key === right.key;
  if (left instanceof Uint8Array) return right instanceof Uint8Array && compareBytes(left, right) === 0;
  if (!Array.isArray(left) || !Array.isArray(right)) return false;
  return equalValues(left as Values, right as Values);
}

export function equalValues(left: Values, right: Values): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) {
    if (!equal(left[i] as Value, right[i] as Value)) return false;
  }
  return true;
}

/** Compares two values by kind, then within the kind. The order is total. The result is negative, zero or positive. */
export function compare(left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return compareNumbers(left, right);
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  const kind = kindOf(left);
  const other = kindOf(right);
  if (kind !== other) return kinds.indexOf(kind) - kinds.indexOf(other);
  return compareWithin(kind, left, right);
}

/** NaN sorts before all other numbers, which makes the order total. */
function compareNumbers(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return Number(Number.isNaN(right)) - Number(Number.isNaN(left));
}

function compareWithin(kind: Kind, left: Value, right: Value): number {
  switch (kind) {
    case "null":
      return 0;
    case "list":
      return compareValues(left as Values, right as Values);
    case "bytes":
      return compareBytes(left as Uint8Array, right as Uint8Array);
    case "address":
      return compare((left as Address).key, (right as Address).key);
    case "tuple":
      return compare((left as Packet).key, (right as Packet).key);
    default:
      return (left as bigint) < (right as bigint) ? -1 : left === right ? 0 : 1;
  }
}

/** Compares lexicographically. A list that is a prefix of another comes first. */
export function compareValues(left: Values, right: Values): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const order = compare(left[i] as Value, right[i] as Value);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  if (isTrain(left) || isTrain(right)) return compareTrains(segmentsOf(left), segmentsOf(right));
  return compareSegments(left, right);
}

/** Compares segment by segment. A train that is a prefix of another comes first. */
function compareTrains(left: readonly Uint8Array[], right: readonly Uint8Array[]): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const order = compareSegments(left[i] as Uint8Array, right[i] as Uint8Array);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareSegments(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const order = (left[i] as number) - (right[i] as number);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
