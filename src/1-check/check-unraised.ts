import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { UnraisedFacts } from "../../grammar/messages.ts";
import { deltaEventNamed } from "../program/delta-events.ts";
import type { Predicate, Predicates } from "../program/predicates.ts";
import type { Program } from "../program/program.ts";
import { Namesakes } from "./namesakes.ts";

/**
 * Reports events that rules read and nothing raises, declares or accepts. On a node this is a warning, because other nodes or
 * `mosaic ctl` may raise the event. In a closed program it is an error, because the program runs alone and the rule never runs. An
 * OverLog program takes every event from the network, so it gets no warning.
 */
export function checkUnraised(program: Program, predicates: Predicates, isClosed: boolean): readonly Diagnostic[] {
  const declared = new Set([...program.signatures, ...program.accepts].map(({ name }) => name));
  const overlog = new Set(program.rules.filter((rule) => rule.isOverlog).map((rule) => rule.span.file));
  const all = [...predicates.values()];
  const namesakes = new Namesakes(all);
  return all.filter(isUnraised).flatMap((one) => {
    const { name, arity, span } = one;
    if (declared.has(name) || (overlog.has(span.file) && !isClosed)) return [];
    const facts = { name, arity, namesake: namesakes.of(one), source: sourceOf(name, program) };
    return [report(isClosed ? "E0250" : "W0232", span, facts)];
  });
}

/** The table or overlay that would raise the event, known by the form of its name: `link_DELTA_INSERT`, or `ron.send`. */
function sourceOf(name: string, { overlays }: Program): UnraisedFacts["source"] {
  const table = deltaEventNamed(name, () => true)?.table;
  if (table !== undefined) return { kind: "table", name: table };
  const overlay = /^(.+)\.(?:send|recv)$/.exec(name)?.[1];
  if (overlay === undefined) return undefined;
  return { kind: overlays.some((one) => one.name === overlay) ? "own overlay" : "overlay", name: overlay };
}

function isUnraised({ span, isProduced, isTable, isRead }: Predicate): boolean {
  return span.file !== "" && isRead && !isProduced && !isTable;
}
