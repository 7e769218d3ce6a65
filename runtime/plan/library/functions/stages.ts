import type { FunctionSpec } from "../../contract/function-spec.ts";
import type { Values, Value } from "../../values/value.ts";
import { define } from "./define.ts";

/** The rows that OverLog's `stage(..)` makes of one; undefined, or what is no row, is failure. */
export type Stage = (row: Values) => readonly Values[] | undefined;

const PREFIX = "stage:";

const WHOLE_NUMBER = /^-?\d{1,15}$/;

const stages: ReadonlyMap<string, Stage> = new Map([
  /** (.., Text, Separator): (.., Token, Number) for each token of the text, numbered from 0. Empty ones are none. */
  ["TOKENIZER", tokens],
  /** (.., Line): (.., Field, Field, ..). Fields may stand in double quotes; whole numbers are numbers. */
  ["CSVtuple", fields],
]);

/** The stages as functions of a row, under names that no program can write. */
export const stageFunctions: readonly FunctionSpec[] = [...stages].map(([name, stage]) => stageFunction(name, stage));

export function stageKey(name: string): string {
  return `${PREFIX}${name}`;
}

/** The stage that a key is of; undefined for that of a function. */
export function stageOf(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}

export function stageFunction(name: string, stage: Stage): FunctionSpec {
  return define(stageKey(name), 1, ["list"], (row) => (Array.isArray(row) ? stage(row as Values) : undefined));
}

function tokens(row: Values): readonly Values[] | undefined {
  const [text, separator] = row.slice(-2);
  if (typeof text !== "string" || typeof separator !== "string") return undefined;
  const found = text.split(separator).filter((token) => token !== "");
  return found.map((token, number) => [...row.slice(0, -2), token, number]);
}

function fields(row: Values): readonly Values[] | undefined {
  const line = row.at(-1);
  if (typeof line !== "string") return undefined;
  const values = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = ""]): Value => {
    if (quoted !== undefined) return quoted.replaceAll('""', '"');
    return WHOLE_NUMBER.test(plain) ? Number(plain) : plain;
  });
  return [[...row.slice(0, -1), ...values]];
}
