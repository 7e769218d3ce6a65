/**
 * Values as fields of a CSV record. `--csv` prints values by `csvField`. Fact files read quoted fields by `quotedFieldValue`, which returns
 * the value that was printed.
 */
import { formatValue } from "../../../runtime/plan/values/format.ts";
import { hasUnprintable } from "../../../runtime/plan/values/printable.ts";
import { withEncodedPackets } from "../../../runtime/plan/values/known-packets.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import { readValue } from "../../query/read-value.ts";

/** A quick test for strings that need no quotes. For all other strings, a trial reading tells whether they need quotes. */
const PLAIN = /^[A-Za-z][\w.-]*(?: [\w.-]+)*$/;

/** Returns a value as a field of a CSV record, which fact files read as the same value. A packet is written in encoded form. */
export function csvField(value: Value): string {
  if (typeof value === "string") return stringField(value);
  const text = formatValue(withEncodedPackets(value));
  return /[",]/.test(text) ? quoted(text) : text;
}

function stringField(value: string): string {
  const isQuoteless = PLAIN.test(value) || !/^$|^-?\d|[",\p{C}\p{Zl}\p{Zp}]|^\s|\s$/u.test(value);
  if (isQuoteless && readValue(value).kind === "no literal") return value;
  const isRaw = !hasUnprintable(value) && quotedFieldValue(value) === value;
  return quoted(isRaw ? value : formatValue(value));
}

/**
 * Value of a quoted field. It is a string, unless `csvField` would print a list, an address, bytes or another string as exactly this
 * quoted text.
 */
export function quotedFieldValue(text: string): Value {
  if (!/[",]/.test(text)) return text;
  const reading = readValue(text);
  return reading.kind === "value" && formatValue(reading.value) === text ? reading.value : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
