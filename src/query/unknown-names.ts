import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Span } from "../../grammar/span.ts";
import { NearNames } from "../program/nearest.ts";

/** What to say of a name that a running node does not know. */
export interface UnknownName {
  readonly name: string;
  readonly nearest: string | undefined;
  /** A sentence with the names there are. */
  readonly known: string;
}

const MOST_LISTED = 20;

/** `names` are those it could have been; the compiler's own among them are not for people. */
export function unknownName(name: string, names: readonly string[]): UnknownName {
  const own = [...new Set(names)].filter((other) => !other.includes("?"));
  const last = name.slice(name.lastIndexOf(".") + 1);
  const namesake = own.find((other) => other === last || other.endsWith(`.${last}`));
  const listed = own.length > MOST_LISTED ? [...own.slice(0, MOST_LISTED), "..."] : own;
  return {
    name,
    nearest: namesake ?? new NearNames(own).nearest(name),
    known: `the known names are ${listed.join(", ")}`,
  };
}

/** Diagnostics of a text that was put behind `shift` characters, as diagnostics of the text alone. */
export function relativeToQuery(
  diagnostics: readonly Diagnostic[],
  shift: number,
  length: number,
): readonly Diagnostic[] {
  const back = (at: number): number => Math.min(Math.max(at - shift, 0), length);
  const moved = (span: Span): Span => ({ ...span, start: back(span.start), end: back(span.end) });
  return diagnostics.map((one) => ({
    ...one,
    span: one.span && moved(one.span),
    related: one.related.filter(({ span }) => span.file !== "").map((r) => ({ ...r, span: moved(r.span) })),
  }));
}
