import { type ColumnType, admits, typeBit } from "./column-type.ts";
import { charactersIn } from "./size.ts";
import { kindOf, type Value } from "./value.ts";

/** Values that an `accept` admits in a column, or as an item of a list. */
export type ValueType =
  /** Values of these kinds. A type of numbers alone admits no NaN. */
  | { readonly kind: "kinds"; readonly kinds: ColumnType }
  /** The name of the sender: `src`. */
  | { readonly kind: "sender" }
  /** Numbers from `low` to `high`, both included; whole numbers only if `isWhole`. */
  | { readonly kind: "range"; readonly low: number; readonly high: number; readonly isWhole: boolean }
  /** Strings of at most `longest` characters. */
  | { readonly kind: "text"; readonly longest: number }
  /** Lists of any length, whose items have the type. */
  | { readonly kind: "list"; readonly item: ValueType }
  /** Lists of exactly these items. */
  | { readonly kind: "items"; readonly items: readonly ValueType[] };

const NUMBER = typeBit("number");
const NAME = typeBit("string") | typeBit("address");

/** Returns the kinds of the values of a type. */
export function kindsOf(type: ValueType): ColumnType {
  switch (type.kind) {
    case "kinds":
      return type.kinds;
    case "sender":
      return NAME;
    case "range":
      return NUMBER;
    case "text":
      return typeBit("string");
    case "list":
    case "items":
      return typeBit("list");
  }
}

/** Whether the type admits the value. `isSender` says whether a string or an address is a name of the sender. */
export function admitsValue(type: ValueType, value: Value, isSender: (name: Value) => boolean): boolean {
  switch (type.kind) {
    case "kinds":
      return admits(type.kinds, value) && !(type.kinds === NUMBER && Number.isNaN(value));
    case "sender":
      return admits(NAME, value) && isSender(value);
    case "range":
      return isInRange(type, value);
    case "text":
      return typeof value === "string" && isAtMost(value, type.longest);
    case "list":
      return Array.isArray(value) && value.every((item: Value) => admitsValue(type.item, item, isSender));
    case "items":
      return hasItems(type.items, value, isSender);
  }
}

function isInRange({ low, high, isWhole }: ValueType & { readonly kind: "range" }, value: Value): boolean {
  if (kindOf(value) !== "number") return false;
  const number = value as number;
  return number >= low && number <= high && (!isWhole || Number.isInteger(number));
}

/** A character is one or two units of a JavaScript string. */
function isAtMost(text: string, longest: number): boolean {
  return text.length <= longest || (text.length <= 2 * longest && charactersIn(text) <= longest);
}

function hasItems(types: readonly ValueType[], value: Value, isSender: (name: Value) => boolean): boolean {
  if (!Array.isArray(value) || value.length !== types.length) return false;
  return types.every((type, at) => admitsValue(type, value[at] as Value, isSender));
}
