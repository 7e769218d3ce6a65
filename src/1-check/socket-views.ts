import { callForm, type SocketView, socketViewName, socketViews } from "../../runtime/plan/values/socket-view.ts";
import type { Variable } from "../../grammar/ast.ts";
import type { ProgramRule, View } from "../program/program.ts";

/** Span of definitions that are in no program text. */
const NOWHERE = { file: "", start: 0, end: 0 };

const views: ReadonlyMap<string, View> = new Map(socketViews.map((view) => [socketViewName(view), viewOf(view)]));

export const socketViewNames: ReadonlySet<string> = new Set(views.keys());

/** Returns the built-in views of TCP and UDP that the rules call. */
export function socketViewsIn(rules: readonly ProgramRule[]): ReadonlyMap<string, View> {
  const literals = rules.flatMap(({ body }) => body.filter((literal) => literal.kind === "predicate"));
  const names = new Set(literals.map(({ atom }) => atom.name.text));
  return new Map([...views].filter(([name]) => names.has(name)));
}

/** Socket calls have no timeout. */
function viewOf(view: SocketView): View {
  const { inputs, outputs } = callForm(view);
  return {
    name: socketViewName(view),
    location: undefined,
    inputs: inputs.map(variable),
    outputs: outputs.map(variable),
    timeout: Infinity,
    many: false,
    isBuiltin: true,
    span: NOWHERE,
  };
}

function variable(name: string): Variable {
  return { kind: "variable", name, span: NOWHERE };
}
