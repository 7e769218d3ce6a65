import type { Atom, Expression, Fact, Rule } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { stageNamed, stageNames } from "../../runtime/plan/library/functions/registry.ts";
import { nearest } from "../program/nearest.ts";

/** `stage("TOKENIZER", in, out).` */
export function isStage({ atom }: Fact): boolean {
  const [stage, ...predicates] = atom.args;
  const areNames = predicates.every((one) => one.kind === "constant" && one.text === one.value);
  return atom.name.text === "stage" && predicates.length === 2 && stage?.kind === "constant" && areNames;
}

/**
 * Translates a stage into a rule: the function maps the arguments of `in` to the tuples of `out`.
 *
 *   out(O1, .., On) :- in(I1, .., Im), [O1, .., On] <- stage([I1, .., Im]).
 */
export function stageRule(
  fact: Fact,
  arities: ReadonlyMap<string, number>,
  diagnostics: Diagnostic[],
): Rule | undefined {
  const { span } = fact;
  const [stage = "", input = "", output = ""] = fact.atom.args.map(textOf);
  const spec = stageNamed(stage);
  const unknown = [input, output].find((predicate) => !arities.has(predicate));
  if (spec === undefined) {
    diagnostics.push(report("E0260", span, { stage, nearest: nearest(stage, stageNames()) }));
    return undefined;
  }
  if (unknown !== undefined) {
    diagnostics.push(report("E0261", span, { predicate: unknown }));
    return undefined;
  }
  const atomOf = (predicate: string, letter: string): Atom => {
    const args = variables(letter, arities.get(predicate) ?? 0, fact);
    return { name: { text: predicate, span }, location: undefined, locatedArgument: undefined, args, span };
  };
  const consumed = atomOf(input, "$In");
  const produced = atomOf(output, "$Out");
  const row: Expression = { kind: "list", items: consumed.args as readonly Expression[], span };
  const rows: Expression = { kind: "call", name: { text: spec.name, span }, args: [row], span };
  return {
    kind: "rule",
    label: fact.label,
    isDelete: false,
    head: produced,
    body: [
      { kind: "predicate", negated: false, isFailure: false, atom: consumed, timeout: undefined, span },
      {
        kind: "member",
        pattern: { kind: "list", items: produced.args as readonly Expression[], span },
        list: rows,
        span,
      },
    ],
    span,
  };
}

function textOf(argument: Fact["atom"]["args"][number]): string {
  return argument.kind === "constant" && typeof argument.value === "string" ? argument.value : "";
}

/** No variable of a program begins with `$`. */
function variables(letter: string, count: number, { span }: Fact): readonly Expression[] {
  return Array.from({ length: count }, (_, at) => ({ kind: "variable", name: `${letter}${at + 1}`, span }));
}
