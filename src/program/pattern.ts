import type { Expression, ListExpression, PacketExpression } from "../../grammar/ast.ts";

/** Expression that a value can fit part by part: a list, or the packet of a predicate. */
export type Structure = ListExpression | PacketExpression;

export function isStructure(expression: { readonly kind: string }): expression is Structure {
  return expression.kind === "list" || expression.kind === "packet";
}

export function partsOfStructure(structure: Structure): readonly Expression[] {
  return structure.kind === "list" ? structure.items : structure.args;
}

export function withParts(structure: Structure, parts: readonly Expression[]): Structure {
  return structure.kind === "list" ? { ...structure, items: parts } : { ...structure, args: parts };
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
  return list.kind === "list" && list.items.length === 1 ? list.items[0] : undefined;
}
