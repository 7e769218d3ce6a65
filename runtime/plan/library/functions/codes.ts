import type { FunctionSpec } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import type { Maybe, Value, Values } from "../../values/value.ts";
import { define } from "./define.ts";
import { addMultiple, inverse, times } from "./field.ts";

/** Number of elements of the field, and thus the largest number of rows of a code. */
const ELEMENTS = 256;

/** Limits of one call of f_unmix: number of given rows, and number of multiplications of bytes, which take about 30 ms. */
const ROWS_MAX = 1024;
const PRODUCTS_MAX: number = 2 ** 24;

/** Linear codes over GF(256), with the polynomial 0x11d. */
export const codeFunctions: readonly FunctionSpec[] = [
  /**
   * f_mix([[Coefficient, Bytes], ..]): the sum of the products in GF(256), polynomial 0x11d. If all coefficients are 1, it is the
   * exclusive or of the byte strings. Shorter byte strings are padded with zeros. Fails if a coefficient is not an integer from 0 to 255.
   */
  define("f_mix", 1, ["bytes"], mix),
  /**
   * f_unmix(N, [[Row, Bytes], ..]): the list of the N byte strings from which f_mix made these sums. Row is the list of the N
   * coefficients of a sum. Fails if fewer than N rows are independent, or if it takes more than 2^24 multiplications of bytes. All results
   * are as long as the longest sum.
   */
  define("f_unmix", 2, ["list"], unmix),
  /**
   * f_code(I, N): row I, from 0, of a systematic Cauchy code for N byte strings, as a list of N coefficients. With rows below N, f_mix
   * gives the strings themselves; with rows from N to 255, repair strings. Any N rows are independent. Fails if I or N is not an integer,
   * I exceeds 255, or N is not from 1 to 255.
   */
  define("f_code", 2, ["list"], codeRow),
];

/** Bytes with a coefficient to multiply them by, or a sum with the coefficients of its terms. */
interface Term<T> {
  readonly by: T;
  readonly bytes: Uint8Array;
}

function mix(value: Maybe): Maybe {
  const terms = termsOf(value, isElement);
  if (terms === undefined || terms.reduce((sum, { bytes }) => sum + bytes.length, 0) > SIZE_MAX) return undefined;
  return mixOf(terms, longest(terms));
}

function mixOf(terms: readonly Term<number>[], length: number): Uint8Array {
  const sum = new Uint8Array(length);
  for (const { by, bytes } of terms) addMultiple(sum, by, bytes);
  return sum;
}

function longest(terms: readonly Term<unknown>[]): number {
  return terms.reduce((length, { bytes }) => Math.max(length, bytes.length), 0);
}

function unmix(count: Maybe, value: Maybe): Maybe {
  if (!isElement(count) || count === 0 || !Array.isArray(value) || value.length > ROWS_MAX) return undefined;
  const rows = termsOf(value as Values, (row): row is readonly number[] => isRow(row, count));
  if (rows === undefined) return undefined;
  const length = longest(rows);
  if (count * length > SIZE_MAX) return undefined;
  const solution = solve(rows, count);
  if (solution === undefined) return undefined;
  const sums = solution.unknowns.map((factors) =>
    factors.map(([factor, row]) => ({ by: factor, bytes: (rows[row] as Term<unknown>).bytes })),
  );
  const products = sums.flat().reduce((sum, { bytes }) => sum + bytes.length, solution.products);
  return products > PRODUCTS_MAX ? undefined : sums.map((terms) => mixOf(terms, length));
}

function isRow(value: Value, count: number): value is readonly number[] {
  return Array.isArray(value) && value.length === count && (value as Values).every(isElement);
}

interface Solution {
  /** For each unknown, the indices of rows and the factors other than 0 with which their sum is the unknown. */
  readonly unknowns: readonly (readonly [factor: number, row: number][])[];
  /** Number of multiplications of bytes that the solution took. */
  readonly products: number;
}

/**
 * Solves the equations by Gauss-Jordan elimination: each row is reduced by the rows before it, and then the rows before it are reduced by
 * this row. A row that depends on earlier rows is skipped. A row holds `count` coefficients, of which the first other than 0 is 1, then
 * the factors of the chosen rows whose sum it is. Returns undefined if too few rows are independent, or after half of
 * `PRODUCTS_MAX` multiplications.
 */
function solve(rows: readonly Term<readonly number[]>[], count: number): Solution | undefined {
  const chosen: number[] = [];
  const pivots = new Map<number, Uint8Array>();
  let products = 0;
  const subtract = (row: Uint8Array, factor: number, other: Uint8Array): void => {
    if (factor !== 0) products += row.length;
    addMultiple(row, factor, other);
  };
  for (const [index, { by }] of rows.entries()) {
    if (chosen.length === count) break;
    if (products > PRODUCTS_MAX / 2) return undefined;
    const row = new Uint8Array(2 * count);
    row.set(by);
    row[count + chosen.length] = 1;
    for (const [pivot, other] of pivots) subtract(row, row[pivot] as number, other);
    const pivot = row.findIndex((element) => element !== 0);
    if (pivot >= count) continue;
    scale(row, inverse(row[pivot] as number));
    for (const other of pivots.values()) subtract(other, other[pivot] as number, row);
    pivots.set(pivot, row);
    chosen.push(index);
  }
  if (chosen.length < count) return undefined;
  const unknowns = Array.from({ length: count }, (_, unknown) => {
    const row = pivots.get(unknown) as Uint8Array;
    return chosen
      .map((chosenRow, at): [number, number] => [row[count + at] as number, chosenRow])
      .filter(([factor]) => factor !== 0);
  });
  return { unknowns, products };
}

function scale(row: Uint8Array, factor: number): void {
  for (const [at, element] of row.entries()) row[at] = times(factor, element);
}

function codeRow(index: Maybe, count: Maybe): Maybe {
  if (!isElement(index) || !isElement(count) || count === 0) return undefined;
  return Array.from({ length: count }, (_, column) => {
    if (index < count) return index === column ? 1 : 0;
    return inverse(index ^ column);
  });
}

function isElement(value: Maybe): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < ELEMENTS;
}

/** Returns the items of a list as terms, or undefined if an item is no pair of coefficients and bytes. */
function termsOf<T extends Value>(
  value: Maybe,
  isFactor: (value: Value) => value is T,
): readonly Term<T>[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const terms = (value as Values).map((item): Term<T> | undefined => {
    const [by, bytes, ...rest] = Array.isArray(item) ? (item as Values) : [];
    if (by === undefined || !(bytes instanceof Uint8Array) || rest.length > 0 || !isFactor(by)) return undefined;
    return { by, bytes };
  });
  return terms.every((term) => term !== undefined) ? terms : undefined;
}
