import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Source } from "../../grammar/span.ts";
import type { Compiled, Compiler, Complaint } from "../../runtime/control/compiler.ts";
import { unknownName } from "../asked-names.ts";
import { compileQuery } from "../compile-query.ts";
import { readFacts } from "../read-facts.ts";
import { showDiagnostics } from "./show-diagnostics.ts";

/** The compiler, as a running node is handed it for the questions and wishes of its operators. */
export const nodeCompiler: Compiler = {
  query(text, plan) {
    const { query, diagnostics, source } = compileQuery(text, plan);
    return compiled(query, diagnostics, [source]);
  },
  facts(text, plan) {
    const { facts, diagnostics, source } = readFacts(text, plan);
    return compiled(facts, diagnostics, [source]);
  },
  predicate(name, plan) {
    const names = plan.predicates.map((spec) => spec.name);
    if (names.includes(name)) return undefined;
    return complaintOf([report("E0304", undefined, unknownName(name, [...new Set(names)]))], []);
  },
};

function compiled<T>(
  result: T | undefined,
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
): Compiled<T> {
  return result === undefined ? { ok: false, complaint: complaintOf(diagnostics, sources) } : { ok: true, result };
}

function complaintOf(diagnostics: readonly Diagnostic[], sources: readonly Source[]): Complaint {
  const first = diagnostics.find((one) => one.severity === "error");
  return {
    code: first?.code ?? "",
    message: first?.message ?? "it does not compile",
    text: showDiagnostics(diagnostics, sources, false),
  };
}
