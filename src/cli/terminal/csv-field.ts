/**
 * Values as fields of a CSV record, in both directions: `--csv` prints with `csvField`, and fact files read quoted fields with
 * `quotedFieldValue`. A printed value is read as the same value.
 */
import { formatValue } from "../../../runtime/plan/values/format.ts";
import { hasUnprintable } from "../../../runtime/plan/values/printable.ts";
import { withEncodedPackets } from "../../../runtime/plan/values/known-packets.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import { readValue } from "../../query/read-value.ts";

/** Strings that need no quotes, recognised quickly. Whether another string needs quotes is found by reading it. */
const PLAIN = /^[A-Za-z][\w.-]*(?: [\w.-]+)*$/;

/** Returns a field of a CSV record. Fact files read it as the same value; a packet is written encoded. */
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
 * Value of a quoted field. It is a string, unless its text needs the quotes and is a list, an address, bytes or a string in the form
 * in which `csvField` prints it.
 */
export function quotedFieldValue(text: string): Value {
  if (!/[",]/.test(text)) return text;
  const reading = readValue(text);
  return reading.kind === "value" && formatValue(reading.value) === text ? reading.value : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
