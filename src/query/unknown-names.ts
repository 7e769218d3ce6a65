import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Span } from "../../grammar/span.ts";
import { NearNames } from "../program/nearest.ts";

/** Parameters of the message about a name that the running program does not define. */
export interface UnknownName {
  readonly name: string;
  readonly nearest: string | undefined;
  /** Clause that lists the defined names. */
  readonly known: string;
}

const MOST_LISTED = 20;

/** Compares an unknown name with the defined `names`, without the hidden ones of the compiler. */
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

/** Converts positions to those in the query text of `length` characters, parsed after a prefix of `shift` characters. */
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
