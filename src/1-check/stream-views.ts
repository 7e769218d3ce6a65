import { type StreamCall, streamCallForms, streamCalls } from "../../runtime/plan/values/stream-call.ts";
import type { Variable } from "../../grammar/ast.ts";
import type { ProgramRule, View } from "../program/program.ts";

/** Span of definitions that are in no program text. */
const NOWHERE = { file: "", start: 0, end: 0 };

const views: ReadonlyMap<string, View> = new Map(streamCalls.map((call) => [`tcp.${call}`, streamView(call)] as const));

export const streamViewNames: ReadonlySet<string> = new Set(views.keys());

/** Returns the built-in views of TCP that the rules call. */
export function streamViewsIn(rules: readonly ProgramRule[]): ReadonlyMap<string, View> {
  const literals = rules.flatMap(({ body }) => body.filter((literal) => literal.kind === "predicate"));
  const names = new Set(literals.map(({ atom }) => atom.name.text));
  return new Map([...views].filter(([name]) => names.has(name)));
}

/** Calls of TCP views have no timeout. */
function streamView(call: StreamCall): View {
  const { inputs, outputs } = streamCallForms[call];
  return {
    name: `tcp.${call}`,
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
