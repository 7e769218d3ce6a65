import { RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import type { OverlayInstance, Program } from "../program/program.ts";
import { isPredicate } from "../program/rule-shape.ts";

const SEND = ".send";
const RECV = ".recv";

/**
 * Returns the overlays that rules define by qualified names, without an `overlay` statement: rules read `ron.send` and derive
 * `ron.recv`.
 */
export function implicitOverlays({ rules, views, overlays }: Program): readonly OverlayInstance[] {
  const known = new Set([...RESERVED_OVERLAYS, ...views.keys(), ...overlays.map(({ name }) => name)]);
  const read = new Set(
    rules.flatMap(({ body }) => body.filter(isPredicate).flatMap(({ atom }) => overlayOf(atom.name.text, SEND) ?? [])),
  );
  const found = new Map<string, OverlayInstance>();
  for (const { head, isDelete } of rules) {
    const name = overlayOf(head.name.text, RECV);
    if (name === undefined || isDelete || known.has(name) || !read.has(name) || found.has(name)) continue;
    found.set(name, { name, span: head.name.span });
  }
  return [...found.values()];
}

function overlayOf(predicate: string, ending: string): string | undefined {
  return predicate.endsWith(ending) ? predicate.slice(0, -ending.length) : undefined;
}
