/** Operators whose results in OverLog differ from their results in Mozlog. */
import { bounded } from "../../values/bounded.ts";
import { formatValue } from "../../values/format.ts";
import { keyOf } from "../../values/key.ts";
import { onArc, toId } from "../../values/ring.ts";
import { SIZE_MAX } from "../../values/size.ts";
import { compare, equal, kindOf, type Maybe, type Value, type Values } from "../../values/value.ts";
import { add, bitAnd, bitOr, divide, inInterval } from "./operators.ts";

/**
 * Adds as `+` of Mozlog does. Two exceptions: a string and a value that is neither list nor tuple are joined as text; lists and null are
 * joined as lists.
 */
export function overlogAdd(left: Maybe, right: Maybe): Maybe {
  if (isListOrNull(left) && isListOrNull(right)) return add(listOf(left), listOf(right));
  if (typeof left !== "string" && typeof right !== "string") return add(left, right);
  const [first, second] = [textOf(left), textOf(right)];
  return first === undefined || second === undefined ? undefined : add(first, second);
}

/** Divides whole numbers as C does: the quotient without its fraction. Other values are divided as in Mozlog. */
export function overlogDivide(left: Maybe, right: Maybe): Maybe {
  if (!isWhole(left) || !isWhole(right) || right === 0) return divide(left, right);
  return divide(left - (left % right), right + 0);
}

/** Returns the union of two lists, as a set, if an operand is a list or null; otherwise the bitwise OR. */
export function overlogOr(left: Maybe, right: Maybe): Maybe {
  if (!hasList(left, right)) return bitOr(left, right);
  const [one, other] = [listOf(left as Value), listOf(right as Value)];
  return one.length + other.length <= SIZE_MAX ? bounded(setOf([...one, ...other])) : undefined;
}

/** Returns the intersection of two lists, as a set, if an operand is a list or null; otherwise the bitwise AND. */
export function overlogAnd(left: Maybe, right: Maybe): Maybe {
  if (!hasList(left, right)) return bitAnd(left, right);
  const wanted = new Set(listOf(right as Value).map(keyOf));
  return setOf(listOf(left as Value).filter((item) => wanted.has(keyOf(item))));
}

/**
 * Evaluates `value in (low, high]` on a ring of ids, numbers or strings: if `low` is not below `high`, the interval continues from the
 * greatest value to the smallest. If one of the three values is an id, whole numbers among the others are converted to ids.
 */
export function inRing(
  value: Maybe,
  low: Maybe,
  high: Maybe,
  includesLow: boolean,
  includesHigh: boolean,
): boolean | undefined {
  if ([value, low, high].some((one) => typeof one === "bigint")) {
    const [id, from, to] = [toId(value), toId(low), toId(high)];
    return id === undefined || from === undefined || to === undefined
      ? undefined
      : onArc(id, from, to, includesLow, includesHigh);
  }
  if (inInterval(low, high, high, true, true) === undefined) return undefined;
  const order = compare(low as Value, high as Value);
  if (order < 0) return inInterval(value, low, high, includesLow, includesHigh);
  if (inInterval(value, low, low, true, true) === undefined) return undefined;
  if (order === 0) return includesLow || includesHigh || !equal(value as Value, low as Value);
  const gap = inInterval(value, high, low, !includesHigh, !includesLow);
  return gap === undefined ? undefined : !gap;
}

/**
 * Converts a value to a list, as OverLog does: null to the empty list, and any other value that is not a list to a list with this value
 * as its only item.
 */
export function listOf(value: Value): Values {
  if (value === null) return [];
  return Array.isArray(value) ? (value as Values) : [value];
}

function hasList(left: Maybe, right: Maybe): boolean {
  return left !== undefined && right !== undefined && (isListOrNull(left) || isListOrNull(right));
}

function isListOrNull(value: Maybe): value is Values | null {
  return value === null || Array.isArray(value);
}

function setOf(items: Values): Values {
  const sorted = items.toSorted(compare);
  return sorted.filter((item, at) => at === 0 || !equal(item, sorted[at - 1] as Value));
}

function textOf(value: Maybe): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  return ["list", "tuple"].includes(kindOf(value)) ? undefined : formatValue(value);
}

function isWhole(value: Maybe): value is number {
  return typeof value === "number" && Number.isInteger(value);
}
