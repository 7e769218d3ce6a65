import type { FunctionSpec } from "../../contract/function-spec.ts";
import { ownedPart } from "../../values/owned-text.ts";
import type { Values, Value } from "../../values/value.ts";
import { define } from "./define.ts";
import { splitBy } from "./search.ts";

/**
 * Function behind OverLog's `stage(..)`: turns the columns of one tuple into the columns of any number of tuples. Returns undefined if it
 * fails.
 */
export type Stage = (columns: Values) => readonly Values[] | undefined;

const PREFIX = "stage:";

/** Largest number of values in all rows of a text. */
const VALUES_MAX: number = 2 ** 20;
/** Length of the longest text of fields: V8 matches a quoted field of a longer text only with a larger stack. */
const CSV_MAX: number = 2 ** 21;

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const stages: ReadonlyMap<string, Stage> = new Map([
  /** (.., Text, Separator): (.., Token, Number) for each token of the text, numbered from 0. Empty tokens are left out. */
  ["TOKENIZER", tokens],
  /** (.., Text): (.., Field, Field, ..) for each line. Fields may be in double quotes. Fields that are numbers become numbers. */
  ["CSVtuple", fields],
]);

/** The stages as functions of a list of columns. Their names contain a colon, so that no program can call them. */
export const stageFunctions: readonly FunctionSpec[] = [...stages].map(([name, stage]) => stageFunction(name, stage));

/**
 * Name of the function that checks a row of a stage: it maps (stage, row, number of columns) to a list that holds only the row, or fails.
 */
export const ROW_OF_STAGE = "row:stage";

/** The function behind `ROW_OF_STAGE`. Fails for a row whose number of columns differs from the output of the stage. */
export const rowOfStage: FunctionSpec = define(ROW_OF_STAGE, 3, ["list"], (_stage, row, columns) =>
  Array.isArray(row) && row.length === columns ? [row] : undefined,
);

export function stageKey(name: string): string {
  return `${PREFIX}${name}`;
}

/** Returns the name of the stage with this registry key, or undefined if the key is the name of a function. */
export function stageOf(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}

export function stageFunction(name: string, stage: Stage): FunctionSpec {
  return define(stageKey(name), 1, ["list"], (columns) =>
    Array.isArray(columns) ? stage(columns as Values) : undefined,
  );
}

function tokens(columns: Values): readonly Values[] | undefined {
  const [text, separator] = columns.slice(-2);
  if (typeof text !== "string" || typeof separator !== "string") return undefined;
  const found = (separator === "" ? text.split("") : splitBy(text, separator)).filter((token) => token !== "");
  if (found.length * columns.length > VALUES_MAX) return undefined;
  const before = columns.slice(0, -2);
  return found.map((token, number) => [...before, ownedPart(text, token), number]);
}

/**
 * Returns a row for each line of the text. Quoted fields may contain line ends. Empty lines are left out, unless the text has only one
 * line.
 */
function fields(columns: Values): readonly Values[] | undefined {
  const text = columns.at(-1);
  if (typeof text !== "string" || text.length > CSV_MAX) return undefined;
  const lines = linesOf(text);
  const filled = lines.length === 1 ? lines : lines.filter((line) => line.length > 1 || line[0] !== "");
  return filled.map((line) => [...columns.slice(0, -1), ...line]);
}

/** A field, plain or in quotes, and its delimiter. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^,\n]*?))(,|\r?\n|\r?$)/y;

function linesOf(text: string): readonly Values[] {
  const lines: Value[][] = [[]];
  FIELD.lastIndex = 0;
  for (let found = FIELD.exec(text); found !== null; found = FIELD.exec(text)) {
    const [, quoted, plain = "", delimiter = ""] = found;
    const field = quoted === undefined ? plainField(plain) : quoted.replaceAll('""', '"');
    lines.at(-1)?.push(typeof field === "string" ? ownedPart(text, field) : field);
    if (FIELD.lastIndex === text.length && delimiter !== ",") break;
    if (delimiter !== ",") lines.push([]);
  }
  return lines;
}

/** Converts a field without quotes. A number that cannot be exact, such as an integer beyond 2^53, stays a text. */
function plainField(text: string): Value {
  if (!NUMBER.test(text)) return text;
  const number = Number(text) + 0;
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
  return isExact ? number : text;
}
