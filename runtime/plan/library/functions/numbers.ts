import { formatValue } from "../../values/format.ts";
import { withEncodedPackets } from "../../values/known-packets.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { divide, isTrue, modulo, multiply, subtract } from "../operators/operators.ts";
import { compare, kindOf, type Maybe, type Value } from "../../values/value.ts";
import { define } from "./define.ts";

const NUMERAL = /^\s*([+-]?)(0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/i;

export const numberFunctions: readonly FunctionSpec[] = [
  /** f_max(X, Y): the greater value, in the order of values. */
  define("f_max", 2, [], (x, y) => select(x, y, 1)),
  /** f_min(X, Y): the smaller value, in the order of values. */
  define("f_min", 2, [], (x, y) => select(x, y, -1)),
  /** f_mod(X, Y): the same as `X % Y`. */
  define("f_mod", 2, ["number", "id"], modulo),
  /** f_pow(X, N): X to the power of an integer N, or the square root of X if N is 0.5. Fails for other fractions, and where `*` fails. */
  define("f_pow", 2, ["number", "id"], power),
  /** f_toint(X): the integer part of a number, of a string that is a numeral, or of an id below 2^53. 1 for true, 0 for false. */
  define("f_toint", 1, ["number"], toInteger),
  /** f_tostr(X): a string unchanged, any other value as a program writes it. */
  define("f_tostr", 1, ["string"], textOf),
  /** f_typeOf(X): the kind of a value: "null", "bool", "number", "string", "id", "address", "bytes", "list" or "tuple". */
  define("f_typeOf", 1, ["string"], (value) => kindOf(value as Value)),
  /** f_ifelse(Test, X, Y): X if the test is true, Y if it is false. Both are computed; `? :` computes only one of them. */
  define("f_ifelse", 3, [], choose),
  /** f_timeDuration(Later, Earlier): the number of seconds between two times. */
  define("f_timeDuration", 2, ["number"], duration),
  /** f_diffTime(Later, Earlier): the same as f_timeDuration. */
  define("f_diffTime", 2, ["number"], duration),
];

function textOf(value: Maybe): string {
  return typeof value === "string" ? value : formatValue(withEncodedPackets(value as Value));
}

function select(left: Maybe, right: Maybe, direction: 1 | -1): Maybe {
  return compare(left as Value, right as Value) * direction >= 0 ? left : right;
}

function duration(end: Maybe, start: Maybe): Maybe {
  return typeof end === "number" && typeof start === "number" ? subtract(end, start) : undefined;
}

function choose(test: Maybe, yes: Maybe, no: Maybe): Maybe {
  const truth = isTrue(test);
  return truth === undefined ? undefined : truth ? yes : no;
}

/** Computes by squaring. JavaScript engines differ in the last digit of `Math.pow`, and every node must compute the same value. */
function power(base: Maybe, exponent: Maybe): Maybe {
  if (exponent === 0.5) return squareRoot(base);
  if (!Number.isSafeInteger(exponent)) return undefined;
  const count = exponent as number;
  if (count >= 0) return raised(base, count);
  return typeof base === "number" ? divide(1, raised(base, -count)) : undefined;
}

function squareRoot(base: Maybe): Maybe {
  return typeof base === "number" && base >= 0 ? Math.sqrt(base) : undefined;
}

function raised(base: Maybe, exponent: number): Maybe {
  let result: Maybe = typeof base === "bigint" ? 1n : 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, square);
    if (left > 1) square = multiply(square, square);
  }
  return typeof base === "number" || typeof base === "bigint" ? result : undefined;
}

function toInteger(value: Maybe): Maybe {
  switch (typeof value) {
    case "number":
      return Math.abs(value) === 2 ** 53 ? value : safe(Math.trunc(value));
    case "bigint":
    case "boolean":
      return safe(Number(value));
    case "string":
      return numeral(value);
    default:
      return undefined;
  }
}

function numeral(text: string): number | undefined {
  const [, sign, digits] = NUMERAL.exec(text) ?? [];
  return digits === undefined ? undefined : safe(Math.trunc(Number(digits)) * (sign === "-" ? -1 : 1));
}

/** Returns a safe integer, with 0 for -0. Returns undefined for other numbers. */
function safe(number: number): number | undefined {
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}
