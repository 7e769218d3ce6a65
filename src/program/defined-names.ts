import type { Name, Span } from "../../grammar/span.ts";

/** The statements of a program that define predicates. */
export interface Definitions {
  readonly tables: ReadonlyMap<string, NamedSpan>;
  readonly rules: readonly { readonly head: { readonly name: Name }; readonly isDelete: boolean }[];
  readonly facts: readonly { readonly atom: { readonly name: Name } }[];
  readonly accepts: readonly NamedSpan[];
  readonly signatures: readonly NamedSpan[];
  readonly views?: ReadonlyMap<string, NamedSpan>;
}

interface NamedSpan {
  readonly name: string;
  readonly span: Span;
}

/** Returns the place where the program first declares, derives or accepts each of its predicates. */
export function definedNames({
  tables,
  rules,
  facts,
  accepts,
  signatures,
  views = new Map(),
}: Definitions): ReadonlyMap<string, Span> {
  const heads = rules.flatMap(({ head: { name }, isDelete }) => (isDelete ? [] : [name]));
  const named = [...heads, ...facts.map(({ atom: { name } }) => name)].map(({ text, span }) => ({ name: text, span }));
  const places = [...tables.values(), ...named, ...accepts, ...signatures, ...views.values()];
  return new Map(places.map(({ name, span }) => [name, span] as const).toReversed());
}
