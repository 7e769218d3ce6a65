import type { FunctionSpec } from "../../contract/function-spec.ts";
import { keyOfValues } from "../../values/key.ts";
import { add } from "../operators/operators.ts";
import { SIZE_MAX, sizeOf } from "../../values/size.ts";
import { compare, equal, type Maybe, type Value, type Values } from "../../values/value.ts";
import { define, defineVariadic } from "./define.ts";
import { indexOf } from "./search.ts";

export const listFunctions: readonly FunctionSpec[] = [
  /** f_initlist(X, ..): the list of the arguments. */
  defineVariadic("f_initlist", [0, Infinity], ["list"], (items) => items as Values),
  /** f_initSet(X, ..): the sorted list of the arguments, without duplicates. */
  defineVariadic("f_initSet", [0, Infinity], ["list"], (items) => distinct((items as Values).toSorted(compare))),
  /** f_cons(X, List): the list with X added at its start. */
  define("f_cons", 2, ["list"], (item, list) => add([item as Value], list)),
  /** f_append(List, X): the list with X added at its end. f_append(X): the list [X]. */
  defineVariadic("f_append", [1, 2], ["list"], append),
  /** f_concat(X, Y): two lists, strings or byte strings joined. */
  define("f_concat", 2, ["list", "string", "bytes"], concat),
  /** f_car(List): the first item. Fails for an empty list. */
  define("f_car", 1, [], (list) => itemsOf(list)?.[0]),
  /** f_first(List): the same as f_car. */
  define("f_first", 1, [], (list) => itemsOf(list)?.[0]),
  /** f_cdr(List): the list without its first item. Fails for an empty list. */
  define("f_cdr", 1, ["list"], (list) => nonEmpty(list)?.slice(1)),
  /** f_last(List): the last item. Fails for an empty list. */
  define("f_last", 1, [], (list) => itemsOf(list)?.at(-1)),
  /** f_removeLast(List): the list without its last item. Fails for an empty list. */
  define("f_removeLast", 1, ["list"], (list) => nonEmpty(list)?.slice(0, -1)),
  /** f_item(List, N): item number N, counted from 1. Fails if the list is shorter. */
  define("f_item", 2, [], (list, at) => (typeof at === "number" ? itemsOf(list)?.[at - 1] : undefined)),
  /** f_take(List, N): the first N items, or all items if the list has fewer. Fails unless N is a whole number from 0. */
  define("f_take", 2, ["list"], take),
  /** f_member(List, X): 1 if X is an item of the list, 0 if not. */
  define("f_member", 2, ["number"], (list, item) => oneOrZero(itemsOf(list), (items) => has(items, item))),
  /** f_contains(X, Part): 1 if a list contains the item, or a string the substring; 0 if not. */
  define("f_contains", 2, ["number"], contains),
  /** f_intersect(List, List): the items of the first list that are also in the second, without duplicates. */
  define("f_intersect", 2, ["list"], intersect),
  /** f_subset(List, List): 1 if every item of the first list is in the second, 0 if not. */
  define("f_subset", 2, ["number"], subset),
  /** f_size(X): the number of items of a list, characters of a string, or bytes. Fails for other kinds. */
  define("f_size", 1, ["number"], sizeOf),
  /** f_empty(X): 1 if a list, string or byte string has size 0, 0 if not. f_empty(): the empty list. */
  defineVariadic("f_empty", [0, 1], ["list", "number"], empty),
  /** f_isEmpty(X): the same as f_empty. */
  define("f_isEmpty", 1, ["number"], (container) => empty([container])),
  /** f_reverse(List): the list in reverse order. */
  define("f_reverse", 1, ["list"], (list) => itemsOf(list)?.toReversed()),
  /** f_sort(List): the list sorted in the order of values. */
  define("f_sort", 1, ["list"], (list) => itemsOf(list)?.toSorted(compare)),
];

function itemsOf(value: Maybe): Values | undefined {
  return Array.isArray(value) ? (value as Values) : undefined;
}

function nonEmpty(value: Maybe): Values | undefined {
  const items = itemsOf(value);
  return items?.length === 0 ? undefined : items;
}

function oneOrZero<T>(subject: T | undefined, holds: (subject: T) => boolean): 1 | 0 | undefined {
  return subject === undefined ? undefined : holds(subject) ? 1 : 0;
}

function has(items: Values, item: Maybe): boolean {
  return items.some((other) => equal(other, item as Value));
}

function append([list, ...items]: readonly Maybe[]): Maybe {
  return items.length === 0 ? [list as Value] : add(list, items as Values);
}

function concat(left: Maybe, right: Maybe): Maybe {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return concatBytes(left, right);
  return typeof left === "string" || Array.isArray(left) ? add(left, right) : undefined;
}

function concatBytes(left: Uint8Array, right: Uint8Array): Uint8Array | undefined {
  if (left.length + right.length > SIZE_MAX) return undefined;
  if (areNeighbours(left, right)) return new Uint8Array(left.buffer, left.byteOffset, left.length + right.length);
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

function take(list: Maybe, count: Maybe): Maybe {
  return typeof count === "number" && Number.isInteger(count) && count >= 0
    ? itemsOf(list)?.slice(0, count)
    : undefined;
}

/** Whether the bytes of the second follow those of the first in memory, as the ciphertext of f_seal follows its nonce. */
function areNeighbours(left: Uint8Array, right: Uint8Array): boolean {
  return left.buffer === right.buffer && left.byteOffset + left.length === right.byteOffset;
}

function contains(container: Maybe, part: Maybe): Maybe {
  if (typeof container !== "string") return oneOrZero(itemsOf(container), (items) => has(items, part));
  return typeof part === "string" ? Number(indexOf(container, part) >= 0) : undefined;
}

function intersect(left: Maybe, right: Maybe): Maybe {
  const [some, others] = [itemsOf(left), itemsOf(right)];
  if (some === undefined || others === undefined) return undefined;
  const wanted = new Set(others.map(setKeyOf));
  return some.filter((item) => wanted.delete(setKeyOf(item)));
}

function subset(part: Maybe, container: Maybe): Maybe {
  const [some, others] = [itemsOf(part), itemsOf(container)];
  if (some === undefined || others === undefined) return undefined;
  const known = new Set(others.map(setKeyOf));
  return Number(some.every((item) => known.has(setKeyOf(item))));
}

/** Returns the key of an item as text: V8 hashes texts by a secret, so that nobody can choose items that make a `Set` slow. */
function setKeyOf(item: Value): string {
  return keyOfValues([item]);
}

function empty(args: readonly Maybe[]): Maybe {
  return args.length === 0 ? [] : oneOrZero(sizeOf(args[0]), (size) => size === 0);
}

function distinct(sorted: Values): Values {
  return sorted.filter((item, at) => at === 0 || !equal(item, sorted[at - 1] as Value));
}
