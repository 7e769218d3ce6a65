import type { FunctionSpec } from "../../contract/function-spec.ts";
import type { Values, Value } from "../../values/value.ts";
import { define } from "./define.ts";

/** Function behind OverLog's `stage(..)`: turns the columns of one tuple into the columns of several. Returns undefined if it fails. */
export type Stage = (columns: Values) => readonly Values[] | undefined;

const PREFIX = "stage:";

const INTEGER = /^-?\d{1,15}$/;

const stages: ReadonlyMap<string, Stage> = new Map([
  /** (.., Text, Separator): (.., Token, Number) for each token of the text, numbered from 0. Empty tokens are left out. */
  ["TOKENIZER", tokens],
  /** (.., Line): (.., Field, Field, ..). Fields may be in double quotes. Fields that are integers become numbers. */
  ["CSVtuple", fields],
]);

/** The stages as functions of a list of columns. Their names contain a colon, so that no program can call them. */
export const stageFunctions: readonly FunctionSpec[] = [...stages].map(([name, stage]) => stageFunction(name, stage));

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
  const found = text.split(separator).filter((token) => token !== "");
  return found.map((token, number) => [...columns.slice(0, -2), token, number]);
}

function fields(columns: Values): readonly Values[] | undefined {
  const line = columns.at(-1);
  if (typeof line !== "string") return undefined;
  const values = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = ""]): Value => {
    if (quoted !== undefined) return quoted.replaceAll('""', '"');
    return INTEGER.test(plain) ? Number(plain) : plain;
  });
  return [[...columns.slice(0, -1), ...values]];
}
