/**
 * Compilation of the invariants of `mosaic explore`. The rules are those of one node that holds the rows of all nodes, so each table of the
 * explored program is declared with the node as an additional first column.
 */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Source } from "../../../grammar/span.ts";
import { FLYING, GOAL, REACHABLE, UP, VIOLATION } from "../../../lab/explorer/invariants.ts";
import { loadProgram, type Program } from "../../../runtime/node/program.ts";
import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { kinds } from "../../../runtime/plan/values/value.ts";
import { compile } from "../../compile.ts";
import type { CoreRule } from "../../2-rewrite/core.ts";
import { unknownName } from "../../query/unknown-names.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";

/** Name of the generated declarations, in messages. */
const DECLARATIONS = "--invariant";

export interface CompiledInvariants {
  readonly program: Program;
  /** The names that rules for `reachable` give. */
  readonly names: readonly string[];
}

/** Explored program, as the invariants see it. */
export interface ExploredProgram {
  readonly plan: Plan;
  readonly hiddenColumns: ReadonlyMap<string, number>;
}

/** Compiles the invariants. Prints what is wrong with them, and throws `Failure`. */
export function compileInvariants(
  file: string,
  explored: ExploredProgram,
  language: LanguageOptions,
  output: Output,
): CompiledInvariants {
  const library = new FileLibrary();
  library.addText(DECLARATIONS, declarations(explored));
  const { plan, core, diagnostics, sources } = compile([file, DECLARATIONS], library, {
    defines: language.defines,
    dialect: undefined,
    limits: language.limits,
    ignoresLocations: true,
    hasLocationColumns: true,
  });
  const shown = diagnostics.filter(isOfInvariants);
  refuseUnknownTables(shown, sources, explored);
  refuseWrongColumns(shown, sources);
  refuseShortViolation(shown, file);
  if (shown.length > 0) output.problem(showDiagnostics(shown, sources, output.hasColour));
  if (plan === undefined) throw invariantsFailure(shown);
  const rules = core?.rules ?? [];
  refuseRulesForGiven(rules, file, explored);
  if (!rules.some(({ head }) => [VIOLATION, GOAL, REACHABLE].includes(head.name.text)))
    throw runFailed(`${file} has no rule for violation(..), reachable(..) or goal(), so it checks nothing`);
  return { program: loadProgram(plan), names: rules.flatMap(reachableName) };
}

/** Whether a diagnostic is about the invariants. Macros may belong to the explored program alone. */
function isOfInvariants({ span, severity, code }: Diagnostic): boolean {
  return severity === "error" || (span?.file !== DECLARATIONS && code !== "W0203");
}

function invariantsFailure(diagnostics: readonly Diagnostic[]): Failure {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const isMissing = errors.every(({ span }) => span === undefined);
  return new Failure(isMissing ? 2 : 1, `${countOf(errors.length, "error")}; nothing was explored`);
}

/** A predicate that nothing raises is a table or message that the program does not have. */
function refuseUnknownTables(
  diagnostics: readonly Diagnostic[],
  sources: readonly Source[],
  { plan }: ExploredProgram,
): void {
  const unknown = diagnostics.find(({ code }) => code === "E0230" || code === "E0250");
  if (unknown?.span === undefined) return;
  const { file, start, end } = unknown.span;
  const text = sources.find((source) => source.file === file)?.text ?? "";
  const name = /^[\w.!?]+/.exec(text.slice(start, end))?.[0] ?? text.slice(start, end);
  const line = text.slice(0, start).split("\n").length;
  const isMessage = name.startsWith(`${FLYING}.`);
  const tables = plan.predicates
    .filter(({ table, name: own }) => table !== undefined && isNameable(own))
    .map((one) => one.name);
  const messages = plan.predicates.filter(isSent).map((one) => `${FLYING}.${one.name}`);
  const { nearest, known } = unknownName(name, isMessage ? messages : tables);
  const hint = nearest === undefined ? known : `did you mean \`${nearest}\`?`;
  const kind = isMessage ? "sends no message" : "has no table";
  throw runFailed(`${file}:${line}: the program ${kind} \`${name}\`; ${hint}`);
}

/** The columns of a table of the program are one less than those of its declaration here, whose first one is the node. */
function refuseWrongColumns(diagnostics: readonly Diagnostic[], sources: readonly Source[]): void {
  const wrong = diagnostics.find(
    ({ code, related }) => code === "E0212" && related.some(({ span }) => span.file === DECLARATIONS),
  );
  if (wrong?.span === undefined) return;
  const { file, start } = wrong.span;
  const text = sources.find((source) => source.file === file)?.text ?? "";
  const line = text.slice(0, start).split("\n").length;
  const [, name = "", here = "", declared = ""] = /^`(.*)` has (\d+) .* and (\d+) /.exec(wrong.message) ?? [];
  const isMessage = name.startsWith(`${FLYING}.`);
  const added = isMessage ? 0 : 1;
  const [written, own] = [Number(here) - added, Number(declared) - added];
  const where = isMessage ? "with From and To" : "in the program";
  throw runFailed(`${file}:${line}: \`${name}\` has ${countOf(own, "column")} ${where}, and ${written} here`);
}

/** A key that a column is missing for shows that the rules give fewer columns than the declaration of `violation` here. */
function refuseShortViolation(diagnostics: readonly Diagnostic[], file: string): void {
  if (!diagnostics.some(({ code, span }) => code === "E0217" && span?.file === DECLARATIONS)) return;
  throw runFailed(
    `${file}: \`${VIOLATION}\` has at least two columns, a name and what shows it: violation("two leaders", [A, B])`,
  );
}

/** The explorer fills the tables of the program, `up` and the messages: a rule of the invariants cannot add rows to them. */
function refuseRulesForGiven(rules: readonly CoreRule[], file: string, { plan }: ExploredProgram): void {
  const given = new Set([UP, ...plan.predicates.filter(({ name }) => isNameable(name)).map(({ name }) => name)]);
  const rule = rules.find(({ head }) => given.has(head.name.text) || head.name.text.startsWith(`${FLYING}.`));
  if (rule === undefined) return;
  const name = rule.head.name.text;
  throw runFailed(`${file}: rule ${rule.name} defines \`${name}\`, which the explorer fills; use another name`);
}

function isSent({ wire, name }: PredicateSpec): boolean {
  return (wire.acceptTuple || wire.acceptRemove) && !name.includes("?");
}

/** The declarations of all tables that the invariants may read. */
function declarations({ plan, hiddenColumns }: ExploredProgram): string {
  const own = new Set([VIOLATION, REACHABLE, GOAL, UP]);
  const tables = plan.predicates.filter(({ table, name }) => table !== undefined && isNameable(name) && !own.has(name));
  const messages = plan.predicates.filter((one) => isSent(one) && isNameable(one.name));
  return [
    `materialize(${VIOLATION}, infinity, infinity, keys(1,2)).`,
    `materialize(${REACHABLE}, infinity, infinity, keys(1)).`,
    `materialize(${GOAL}, infinity, infinity, keys()).`,
    declaration(UP, ["string"]),
    ...tables.map(({ name, columns }) => declaration(name, ["string", ...columns.map(typeName)])),
    ...messages.map(({ name, columns }) => {
      const shown = columns.slice(hiddenColumns.get(name) ?? 0);
      return declaration(`${FLYING}.${name}`, ["string", "string", ...shown.map(typeName)]);
    }),
  ].join("\n");
}

/** Tables of the runtime, which every node has for itself. */
const BUILT_IN: ReadonlySet<string> = new Set(["localAddr", "localAddrs", "hostAddr", "overlays"]);

/** Whether an invariant can name the predicate. The compiler adds others. */
function isNameable(name: string): boolean {
  return /^[a-z][\w.]*$/.test(name) && !BUILT_IN.has(name);
}

function declaration(name: string, types: readonly string[]): string {
  const keys = types.map((_, at) => at + 1).join(",");
  return `materialize(${name}, infinity, infinity, keys(${keys})).\n${name}(${types.join(", ")}).`;
}

/** The type of a column, if it has one kind of values. */
function typeName(type: number): string {
  const admitted = kinds.filter((_, bit) => (type & (1 << bit)) !== 0);
  const [only] = admitted;
  return admitted.length === 1 && only !== undefined && only !== "null" ? SIGNATURE_TYPES[only] : "any";
}

const SIGNATURE_TYPES = {
  null: "any",
  bool: "bool",
  number: "number",
  string: "string",
  id: "id",
  address: "any",
  bytes: "bytes",
  list: "list",
  tuple: "tuple",
} as const;

/** The name that a rule for `reachable` gives, if it is a constant. */
function reachableName({ head }: CoreRule): readonly string[] {
  const [name] = head.args;
  return head.name.text === REACHABLE && name?.kind === "constant" && typeof name.value === "string"
    ? [name.value]
    : [];
}
