import type { Expression, ListExpression, PacketExpression } from "../../grammar/ast.ts";

/** Expression that a value can fit part by part: a list, or the packet of a predicate. The tail of a list is its last part. */
export type Structure = ListExpression | PacketExpression;

export function isStructure(expression: { readonly kind: string }): expression is Structure {
  return expression.kind === "list" || expression.kind === "packet";
}

export function partsOfStructure(structure: Structure): readonly Expression[] {
  if (structure.kind === "packet") return structure.args;
  return structure.tail === undefined ? structure.items : [...structure.items, structure.tail];
}

export function withParts(structure: Structure, parts: readonly Expression[]): Structure {
  if (structure.kind === "packet") return { ...structure, args: parts };
  if (structure.tail === undefined) return { ...structure, items: parts };
  return { ...structure, items: parts.slice(0, -1), tail: parts.at(-1) };
}

/** Returns the variables that a pattern binds: X in `X <- L`; A and B in `[A, [B, _]] <- L` and in `pay(A, [B, _]) <- P`. */
export function patternVariables(pattern: Expression): readonly string[] {
  if (pattern.kind === "variable") return [pattern.name];
  return isStructure(pattern) ? partsOfStructure(pattern).flatMap(patternVariables) : [];
}

/** Parts of a pattern that are computed and compared: `A + 1` in `[A + 1, _]`. */
export function computedParts(pattern: Expression): readonly Expression[] {
  if (isStructure(pattern)) return partsOfStructure(pattern).flatMap(computedParts);
  return pattern.kind === "variable" || pattern.kind === "wildcard" ? [] : [pattern];
}

/** Returns the item of a list that has exactly one: `pattern <- [X]` tests whether X fits the pattern. */
export function onlyItem(list: Expression): Expression | undefined {
  return list.kind === "list" && list.items.length === 1 && list.tail === undefined ? list.items[0] : undefined;
}
