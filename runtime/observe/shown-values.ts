import { sizeOfText } from "../plan/values/bounded.ts";
import { formatStart } from "../plan/values/format.ts";
import type { Value, Values } from "../plan/values/value.ts";

/** Size of the longest tuple that a line shows whole, as `sizeOfText` counts it. A tuple from the network has at most 256 KiB. */
const WHOLE_MAX = 2 * 1024 * 1024;
/** Size from which a value of a longer tuple is cut, and number of characters that stay. */
const CUT_FROM = 1024;
const KEPT = 80;

/**
 * Returns the values of a tuple for a line of a trace or a watch: the values themselves, or, if the tuple is too long for a line, texts
 * with the beginnings of its long values.
 */
export function shownValues(values: Values): Values {
  return sizeOfText(values) <= WHOLE_MAX ? values : values.map(cut);
}

function cut(value: Value): Value {
  return sizeOfText([value]) < CUT_FROM ? value : `${formatStart(value, KEPT).slice(0, KEPT)}…`;
}
