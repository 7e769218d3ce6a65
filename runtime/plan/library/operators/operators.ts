import { Address } from "../../values/address.ts";
import { bounded } from "../../values/bounded.ts";
import { isNode } from "../../values/location.ts";
import { ID_BITS, onArc, toId, wrap } from "../../values/ring.ts";
import { SIZE_MAX } from "../../values/size.ts";
import { compare, type Maybe, type Value, type Values } from "../../values/value.ts";
import { integerAnd, integerOr, integerShiftLeft, integerShiftRight, integerXor } from "./integer-bits.ts";

/** Adds numbers and ids, and joins strings or lists. */
export function add(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "number" && typeof right === "number") return exact(left + right, left, right, plus);
  if (typeof left === "bigint" || typeof right === "bigint") return onIds(left, right, plus);
  return join(left, right);
}

/** Returns the list `[A, B | Tail]`. Fails if the tail is no list. */
export function joinedList(items: Maybe, tail: Maybe): Maybe {
  return Array.isArray(items) && Array.isArray(tail) ? join(items, tail) : undefined;
}

export function subtract(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "number" && typeof right === "number") return exact(left - right, left, right, minus);
  return onIds(left, right, minus);
}

export function multiply(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "number" && typeof right === "number") return exact(left * right, left, right, times);
  return onIds(left, right, times);
}

/** Divides. The quotient of numbers may have a fraction; the quotient of ids is rounded down. Fails if the divisor is 0. */
export function divide(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "number" && typeof right === "number") {
    return right === 0 ? undefined : exact(left / right, left, right, quotient);
  }
  return toId(right) === 0n ? undefined : onIds(left, right, quotient);
}

/** Returns the remainder of a division, with the sign of the dividend. Fails if the divisor is 0. */
export function modulo(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "number" && typeof right === "number") return exact(left % right, left, right, remainder);
  return toId(right) === 0n ? undefined : onIds(left, right, remainder);
}

/**
 * Shifts by a non-negative integer. The shift of a number fails if the result is not exact. The shift of an id drops the bits beyond 160.
 */
export function shiftLeft(left: Maybe, right: Maybe): Maybe {
  if (!isShiftDistance(right)) return undefined;
  if (typeof left === "bigint") return right < ID_BITS ? wrap(left << BigInt(right)) : 0n;
  return isExact(left) ? exact(integerShiftLeft(left, right), left, right, shifted) : undefined;
}

/** Shifts by a non-negative integer. A number is rounded down. */
export function shiftRight(left: Maybe, right: Maybe): Maybe {
  if (!isShiftDistance(right)) return undefined;
  if (typeof left === "bigint") return right < ID_BITS ? left >> BigInt(right) : 0n;
  return isExact(left) ? integerShiftRight(left, right) : undefined;
}

/** Returns the bitwise AND of two integers, two ids, or an id and an integer. `bitOr` and `bitXor` take the same operands. */
export function bitAnd(left: Maybe, right: Maybe): Maybe {
  if (isExact(left) && isExact(right)) return onBits(left, right, integerAnd, and);
  return onIds(left, right, and);
}

export function bitOr(left: Maybe, right: Maybe): Maybe {
  if (isExact(left) && isExact(right)) return onBits(left, right, integerOr, or);
  return onIds(left, right, or);
}

export function bitXor(left: Maybe, right: Maybe): Maybe {
  if (isExact(left) && isExact(right)) return onBits(left, right, integerXor, xor);
  return onIds(left, right, xor);
}

export function negate(value: Maybe): Maybe {
  if (typeof value === "number") return 0 - value;
  return typeof value === "bigint" ? wrap(-value) : undefined;
}

export function complement(value: Maybe): Maybe {
  if (typeof value === "bigint") return wrap(~value);
  return isExact(value) && value < Number.MAX_SAFE_INTEGER ? -1 - value : undefined;
}

/** Returns the truth of a condition. A number is true if it is not 0, because functions return 1 or 0. Other kinds fail. */
export function isTrue(value: Maybe): boolean | undefined {
  if (typeof value === "boolean") return value;
  return typeof value === "number" && !Number.isNaN(value) ? value !== 0 : undefined;
}

export function not(value: Maybe): boolean | undefined {
  const truth = isTrue(value);
  return truth === undefined ? undefined : !truth;
}

/** Evaluates `value in (low, high]` and the forms with other brackets: an arc of the ring for ids, an interval for numbers and strings. */
export function inInterval(
  value: Maybe,
  low: Maybe,
  high: Maybe,
  includesLow: boolean,
  includesHigh: boolean,
): boolean | undefined {
  if (typeof value === "bigint" && typeof low === "bigint" && typeof high === "bigint") {
    return onArc(value, low, high, includesLow, includesHigh);
  }
  if (!areComparable(value, low) || !areComparable(value, high)) return undefined;
  const fromLow = compare(value as Value, low as Value);
  const toHigh = compare(high as Value, value as Value);
  return (includesLow ? fromLow >= 0 : fromLow > 0) && (includesHigh ? toHigh >= 0 : toHigh > 0);
}

/** Builds the address `overlay::node` with options. Fails if the node is not valid: null, a number, an empty source route. */
export function makeAddress(overlay: string, node: Maybe, options: Maybe): Address | undefined {
  if (node === undefined || !isNode(node) || !Array.isArray(options)) return undefined;
  return new Address(overlay, node, options as Values);
}

/**
 * Returns the result of a calculation. Fails if the operands are exact integers and the result may have been rounded because it is beyond
 * the safe integers. Exception: if an operand is 2^53 itself, a result of 2^53 is accepted if `operation`, which is exact, gives the
 * same.
 */
function exact(result: number, left: number, right: number, operation: IdOperation): number | undefined {
  if (result <= Number.MAX_SAFE_INTEGER && result >= Number.MIN_SAFE_INTEGER) return result;
  if (Number.isNaN(result)) return undefined;
  if (!isExact(left) || !isExact(right)) return result;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return undefined;
  return isExact(result) && operation(BigInt(left), BigInt(right)) === BigInt(result) ? result : undefined;
}

/** Whether a value is an integer from -2^53 to 2^53. A program can write 2^53, but a computed 2^53 may have been rounded. */
function isExact(value: Maybe): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 53;
}

/** Applies a bitwise operator to two integers. Fails if the result is not exact. */
function onBits(
  left: number,
  right: number,
  operator: (left: number, right: number) => number,
  operation: IdOperation,
): number | undefined {
  const result = operator(left, right);
  return Number.isSafeInteger(result) ? result : exact(result, left, right, operation);
}

function isSafeInteger(value: Maybe): value is number {
  return Number.isSafeInteger(value);
}

function isShiftDistance(value: Maybe): value is number {
  return isSafeInteger(value) && value >= 0;
}

function areComparable(one: Maybe, other: Maybe): boolean {
  if (typeof one === "number") return typeof other === "number";
  return typeof one === "string" && typeof other === "string";
}

function join(left: Maybe, right: Maybe): Maybe {
  if (typeof left === "string" && typeof right === "string") {
    return left.length + right.length <= SIZE_MAX ? left + right : undefined;
  }
  if (!Array.isArray(left) || !Array.isArray(right)) return undefined;
  return left.length + right.length <= SIZE_MAX ? bounded([...(left as Values), ...(right as Values)]) : undefined;
}

type IdOperation = (left: bigint, right: bigint) => bigint;

/** Applies an operation modulo 2^160. One operand must be an id, and the other an id or an integer. */
function onIds(left: Maybe, right: Maybe, operation: IdOperation): bigint | undefined {
  if (typeof left !== "bigint" && typeof right !== "bigint") return undefined;
  const one = toId(left);
  const other = toId(right);
  return one === undefined || other === undefined ? undefined : wrap(operation(one, other));
}

const plus: IdOperation = (left, right) => left + right;
const minus: IdOperation = (left, right) => left - right;
const times: IdOperation = (left, right) => left * right;
const quotient: IdOperation = (left, right) => left / right;
const remainder: IdOperation = (left, right) => left % right;
const and: IdOperation = (left, right) => left & right;
const or: IdOperation = (left, right) => left | right;
const xor: IdOperation = (left, right) => left ^ right;
const shifted: IdOperation = (left, right) => left << right;
