import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Fact } from "../../../runtime/node/peer-facts.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { withCanonicalAddress } from "../../../runtime/plan/values/canonical-address.ts";
import { admits, columnTypeName } from "../../../runtime/plan/values/column-type.ts";
import { kindOf, type Value } from "../../../runtime/plan/values/value.ts";
import { readValue } from "../../query/read-value.ts";
import { quotedFieldValue } from "../terminal/csv-field.ts";
import { type CsvField, csvRecords } from "./csv-records.ts";
import { fileErrorReason } from "../terminal/file-error.ts";

/** The facts in the files of a directory. */
export interface FactFiles {
  readonly facts: readonly Fact[];
  /** Lines that are not valid facts, as `file:line: message`. */
  readonly problems: readonly string[];
  /** Number of files that cannot be read. Each of them also has an entry in `problems`. */
  readonly unreadable: number;
  /** Files whose predicate the program does not use. */
  readonly unused: readonly string[];
}

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
  let unreadable = 0;
  for (const file of names.toSorted()) {
    const [, name = "", kind] = FILE_NAME.exec(file) ?? [];
    if (kind === undefined) continue;
    const path = join(directory, file);
    const spec = predicates.find((one) => one.name === name);
    if (spec === undefined) unused.push(path);
    else if (!readFile(path, kind === "csv" ? commaRecords : tabRecords, spec, facts, problems)) unreadable++;
  }
  return { facts, problems, unreadable, unused };
}

/** Returns the number of columns of each predicate that has a file in the directories, by its first row; 0 without a row. */
export function factFileColumns(directories: readonly string[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  for (const directory of directories) {
    for (const file of filesIn(directory)?.toSorted() ?? []) {
      const [, name, kind] = FILE_NAME.exec(file) ?? [];
      if (name === undefined) continue;
      const text = beginningOf(join(directory, file));
      const count = kind === "csv" ? commaColumns(text) : tabColumns(text);
      columns.set(name, columns.get(name) || count);
    }
  }
  return columns;
}

function tabColumns(text: string): number {
  return (
    text
      .split(/\r?\n/)
      .find((line) => line !== "")
      ?.split("\t").length ?? 0
  );
}

function commaColumns(text: string): number {
  for (const record of csvRecords(text)) return record.ok ? record.fields.length : 0;
  return 0;
}

const BYTES_OF_BEGINNING = 65_536;

/** Returns the text at the beginning of a file; "" if the file cannot be read. */
function beginningOf(path: string): string {
  const bytes = Buffer.alloc(BYTES_OF_BEGINNING);
  try {
    if (!statSync(path).isFile()) return "";
    const file = openSync(path, "r");
    const size = readSync(file, bytes);
    closeSync(file);
    return bytes.toString("utf8", 0, size);
  } catch {
    return "";
  }
}

function filesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch {
    return undefined;
  }
}

/** Fields of a record with the line on which it begins, or the problem with it. */
type RecordReading =
  | { readonly line: number; readonly fields: readonly Value[] }
  | { readonly line: number; readonly problem: string };

/** Adds the rows of a file, or the problems with them. Returns false if the file cannot be read. */
function readFile(
  path: string,
  readRecords: (text: string) => Iterable<RecordReading>,
  spec: PredicateSpec,
  facts: Fact[],
  problems: string[],
): boolean {
  const read = readText(path);
  if ("problem" in read) {
    problems.push(`${path}: ${read.problem}`);
    return false;
  }
  for (const record of readRecords(read.text)) {
    const problem = "problem" in record ? record.problem : problemOf(record.fields, spec);
    if (problem !== undefined) problems.push(`${path}:${record.line}: ${problem}`);
    else if ("fields" in record) facts.push({ predicate: spec.name, args: record.fields.map(withCanonicalAddress) });
  }
  return true;
}

/** Returns the text of a file, or the problem with it. */
function readText(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return { problem: "it is a folder, not a file of rows" };
    // Reading a pipe or a device might never end.
    if (!found.isFile()) return { problem: "it is not a regular file" };
    const bytes = readFileSync(path);
    return isUtf8(bytes) ? { text: new TextDecoder().decode(bytes) } : { problem: "not a file of UTF-8 text" };
  } catch (error: unknown) {
    return { problem: `cannot read it: ${fileErrorReason(error)}` };
  }
}

function problemOf(fields: readonly Value[], { name, arity, columns }: PredicateSpec): string | undefined {
  if (fields.length !== arity) {
    return `${count(fields.length, "column")} where \`${name}\` has ${arity}`;
  }
  const wrong = fields.findIndex((field, column) => !admits(columns[column] ?? 0, field));
  if (wrong < 0) return undefined;
  const expected = columnTypeName(columns[wrong] ?? 0);
  return `column ${wrong + 1} of \`${name}\` must be of type ${expected}, not ${kindOf(fields[wrong] as Value)}`;
}

function* tabRecords(text: string): Generator<RecordReading> {
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line !== "") yield recordOf(at + 1, line.split("\t").map(fieldValue));
  }
}

function* commaRecords(text: string): Generator<RecordReading> {
  for (const record of csvRecords(text)) {
    if (!record.ok) yield { line: record.line, problem: record.problem };
    else yield recordOf(record.line, record.fields.map(csvFieldValue));
  }
}

/** Value of a field, or the problem with it. */
type FieldReading = { readonly value: Value } | { readonly problem: string };

function recordOf(line: number, fields: readonly FieldReading[]): RecordReading {
  const values: Value[] = [];
  for (const field of fields) {
    if ("problem" in field) return { line, problem: field.problem };
    values.push(field.value);
  }
  return { line, fields: values };
}

function csvFieldValue({ text, isQuoted }: CsvField): FieldReading {
  return isQuoted ? { value: quotedFieldValue(text) } : fieldValue(text);
}

/** Value of a field without quotes: if the text is a literal of the language, its value, otherwise the text as a string. */
function fieldValue(text: string): FieldReading {
  const reading = readValue(text);
  if (reading.kind === "error") return { problem: reading.message };
  return { value: reading.kind === "value" ? reading.value : text };
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
