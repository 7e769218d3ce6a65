import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Fact } from "../../../runtime/node/peer-facts.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { withCanonicalAddress } from "../../../runtime/plan/values/canonical-address.ts";
import type { Values, Value } from "../../../runtime/plan/values/value.ts";

/** The facts in the files of a directory. */
export interface FactFiles {
  readonly facts: readonly Fact[];
  /** Lines that are not valid facts, as `file:line: message`. */
  readonly problems: readonly string[];
  /** Files of predicates that the program does not use. */
  readonly unused: readonly string[];
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?\d+\.\d+(?:[eE][+-]?\d+)?$/;
const FILE_NAME = /^(.+)\.(facts|csv)$/;

/**
 * Reads `P.facts` (columns separated by tabs) and `P.csv` (separated by commas) for each predicate P. Returns undefined if the
 * directory cannot be read.
 */
export function readFactFiles(directory: string, predicates: readonly PredicateSpec[]): FactFiles | undefined {
  const names = filesIn(directory);
  if (names === undefined) return undefined;
  const facts: Fact[] = [];
  const problems: string[] = [];
  const unused: string[] = [];
  for (const file of names.toSorted()) {
    const [, name = "", kind] = FILE_NAME.exec(file) ?? [];
    if (kind === undefined) continue;
    const path = join(directory, file);
    const spec = predicates.find((one) => one.name === name);
    if (spec === undefined) unused.push(path);
    else readFile(path, kind === "csv" ? commaFields : tabFields, spec, facts, problems);
  }
  return { facts, problems, unused };
}

function filesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}

/** Splits a line into fields, or returns the problem with it. */
type SplitLine = (line: string) => readonly Value[] | string;

function readFile(path: string, split: SplitLine, spec: PredicateSpec, facts: Fact[], problems: string[]): void {
  const text = textOf(path);
  if (text === undefined) {
    problems.push(`${path}: not a file of UTF-8 text`);
    return;
  }
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line === "") continue;
    const fields = split(line);
    const problem = typeof fields === "string" ? fields : problemOf(fields, spec);
    if (problem !== undefined) problems.push(`${path}:${at + 1}: ${problem}`);
    else facts.push({ predicate: spec.name, args: (fields as Values).map(withCanonicalAddress) });
  }
}

function textOf(path: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}

function problemOf(fields: readonly Value[], { name, arity }: PredicateSpec): string | undefined {
  if (fields.length !== arity) {
    return `${count(fields.length, "column")} where \`${name}\` has ${arity}`;
  }
  const inexact = fields.find((field) => typeof field === "number" && Math.abs(field) > 2 ** 53);
  return inexact === undefined ? undefined : `an integer beyond 2^53: ${inexact as number}`;
}

function tabFields(line: string): readonly Value[] {
  return line.split("\t").map(fieldValue);
}

/** Fields of a CSV line. A field in double quotes is always a string; a quote inside it is written twice. */
function commaFields(line: string): readonly Value[] | string {
  const fields: Value[] = [];
  for (let at = 0; at <= line.length; at++) {
    if (line[at] !== '"') {
      const end = endOfField(line, at);
      fields.push(fieldValue(line.slice(at, end)));
      at = end;
      continue;
    }
    const end = endOfQuotes(line, at + 1);
    if (end === undefined) return "a quote is not closed on its line";
    if (end + 1 < line.length && line[end + 1] !== ",") return `text after the quote of column ${fields.length + 1}`;
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 1;
  }
  return fields;
}

function endOfField(line: string, start: number): number {
  const comma = line.indexOf(",", start);
  return comma < 0 ? line.length : comma;
}

function endOfQuotes(line: string, start: number): number | undefined {
  for (let at = start; at < line.length; at++) {
    if (line[at] !== '"') continue;
    if (line[at + 1] !== '"') return at;
    at++;
  }
  return undefined;
}

/** Value of an unquoted field: a number if it reads as one, otherwise a string. */
function fieldValue(text: string): Value {
  return INTEGER.test(text) || DECIMAL.test(text) ? Number(text) + 0 : text;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
