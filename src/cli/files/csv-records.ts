/** Field of a CSV record: its text, and whether it was in double quotes. */
export interface CsvField {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Record of a CSV text, or the problem with it, and the line on which it begins, counted from 1. */
export type CsvRecord =
  | { readonly ok: true; readonly line: number; readonly fields: readonly CsvField[] }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/**
 * Splits a CSV text (RFC 4180) into records. A field in double quotes may contain commas and line breaks, and a quote inside it is
 * written twice. Empty lines are skipped.
 */
export function* csvRecords(text: string): Generator<CsvRecord> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    if (end === at) {
      at = nextLine(text, end);
      line++;
      continue;
    }
    const read = readRecord(text, at);
    yield typeof read === "string" ? { ok: false, line, problem: read } : { ok: true, line, fields: read.fields };
    // After an unclosed quote the records in the rest of the text cannot be recognised.
    if (read === UNCLOSED) return;
    const recordEnd = typeof read === "string" ? end : read.end;
    for (const next = nextLine(text, recordEnd); at < next; at++) if (text[at] === "\n") line++;
  }
}

const UNCLOSED = "a quote is not closed on its line";

interface ReadRecord {
  readonly fields: readonly CsvField[];
  readonly end: number;
}

function readRecord(text: string, start: number): ReadRecord | string {
  const fields: CsvField[] = [];
  for (let at = start; ; at++) {
    const isQuoted = text[at] === '"';
    const end = isQuoted ? endOfQuotes(text, at + 1) : endOfField(text, at);
    if (end === undefined) return UNCLOSED;
    fields.push({ text: isQuoted ? text.slice(at + 1, end).replaceAll('""', '"') : text.slice(at, end), isQuoted });
    at = isQuoted ? end + 1 : end;
    if (isEndOfLine(text, at)) return { fields, end: at };
    if (text[at] !== ",") return `text after the quote of column ${fields.length}`;
  }
}

function endOfField(text: string, start: number): number {
  let at = start;
  while (text[at] !== "," && !isEndOfLine(text, at)) at++;
  return at;
}

function endOfQuotes(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at;
  return undefined;
}

/** Returns the end of a line, before its line break: "\n", or "\r\n". */
function endOfLine(text: string, start: number): number {
  const newline = text.indexOf("\n", start);
  if (newline < 0) return text.length;
  return newline > start && text[newline - 1] === "\r" ? newline - 1 : newline;
}

function isEndOfLine(text: string, at: number): boolean {
  return at >= text.length || text[at] === "\n" || (text[at] === "\r" && text[at + 1] === "\n");
}

function nextLine(text: string, end: number): number {
  const newline = text.indexOf("\n", end);
  return newline < 0 ? text.length : newline + 1;
}
