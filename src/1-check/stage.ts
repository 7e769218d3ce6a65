/**
 * stage: translates `stage("NAME", in, out)` of OverLog into a rule, and `stage("NAME", "file", out)` into facts. Called by
 * `read-overlog.ts`.
 */
import type { Atom, Expression, Fact, Literal, Rule } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { FunctionSpec } from "../../runtime/plan/contract/function-spec.ts";
import { ROW_OF_STAGE, stageOf } from "../../runtime/plan/library/functions/stages.ts";
import { stageNamed, stageNames } from "../../runtime/plan/library/functions/registry.ts";
import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import { nearest } from "../program/nearest.ts";

/** Columns of a stage's input if no other statement of the file uses it: a location and the text; TOKENIZER also has a separator. */
const INPUT_COLUMNS = 2;
const TOKENIZER = "TOKENIZER";
const TOKENIZER_COLUMNS = 3;

/** Facts about the file that contains a stage. */
export interface StageContext {
  /** Numbers of columns of the predicates of the file. */
  readonly arities: ReadonlyMap<string, number>;
  /** Returns the text of a file; undefined if it cannot be read. */
  readonly textOf: (path: string) => string | undefined;
  readonly diagnostics: Diagnostic[];
}

/** `stage("TOKENIZER", in, out).`, or `stage("CSVtuple", "links.csv", link).` */
export function isStage({ atom }: Fact): boolean {
  const [stage, input, output] = atom.args;
  const isString = (one: Fact["atom"]["args"][number] | undefined): boolean =>
    one?.kind === "constant" && typeof one.value === "string";
  return atom.name.text === "stage" && atom.args.length === 3 && isString(stage) && isString(input) && isWord(output);
}

export function stageStatements(fact: Fact, context: StageContext): readonly (Rule | Fact)[] {
  const { span } = fact;
  const [stage = "", input = "", output = ""] = fact.atom.args.map(textOf);
  const spec = stageNamed(stage);
  if (spec === undefined) {
    context.diagnostics.push(report("E0260", span, { stage, nearest: nearest(stage, stageNames()) }));
    return [];
  }
  if (!isWord(fact.atom.args[1])) return fileFacts(fact, spec, { stage, path: input, output }, context);
  return [stageRule(fact, spec, columnsOf(stage, input, output, context.arities), { input, output })];
}

interface StageColumns {
  readonly input: number;
  /** Undefined if nothing in the file determines it. */
  readonly output: number | undefined;
}

/** The input and the output of a tokenizer have the same number of columns. */
function columnsOf(stage: string, input: string, output: string, arities: StageContext["arities"]): StageColumns {
  const [taken, given] = [arities.get(input), arities.get(output)];
  if (stage !== TOKENIZER) return { input: taken ?? INPUT_COLUMNS, output: given };
  const columns = taken ?? given ?? TOKENIZER_COLUMNS;
  return { input: columns, output: columns };
}

/**
 * The function of the stage maps the arguments of `in` to the tuples of `out`:
 *
 *   out(O1, .., On) :- in(I1, .., Im), Row <- stage([I1, .., Im]), [O1, .., On] <- row(stage, Row, n).
 *
 * If the number of columns of `out` is unknown, its last argument is the list of all columns that the stage adds:
 *
 *   out(I1, .., Im-1, Rest) :- in(I1, .., Im), Row <- stage([I1, .., Im]), Rest := f_slice(Row, m - 1).
 */
function stageRule(
  fact: Fact,
  spec: FunctionSpec,
  columns: StageColumns,
  { input, output }: { readonly input: string; readonly output: string },
): Rule {
  const { span, label } = fact;
  const consumed = variables("In", columns.input, span);
  const rows: Expression = callOf(spec.name, [{ kind: "list", items: consumed, span }], span);
  const event: Literal = {
    kind: "predicate",
    negated: false,
    isFailure: false,
    atom: atomOf(input, consumed, span),
    timeout: undefined,
    outcome: undefined,
    span,
  };
  const { produced, literals } =
    columns.output === undefined ? keptAndRest(consumed, rows, span) : exactly(columns.output, spec, rows, span);
  return {
    kind: "rule",
    label,
    isDelete: false,
    head: atomOf(output, produced, span),
    body: [event, ...literals],
    span,
  };
}

interface Produced {
  readonly produced: readonly Expression[];
  readonly literals: readonly Literal[];
}

function exactly(columns: number, { name }: FunctionSpec, rows: Expression, span: Span): Produced {
  const produced = variables("Out", columns, span);
  const row = variable("Row", span);
  const checked = callOf(ROW_OF_STAGE, [constantOf(stageOf(name) ?? name, span), row, constantOf(columns, span)], span);
  return {
    produced,
    literals: [
      { kind: "member", pattern: row, list: rows, span },
      { kind: "member", pattern: { kind: "list", items: produced, span }, list: checked, span },
    ],
  };
}

function keptAndRest(consumed: readonly Expression[], rows: Expression, span: Span): Produced {
  const kept = consumed.slice(0, -1);
  const row = variable("Row", span);
  const rest = variable("Rest", span);
  const start = constantOf(kept.length, span);
  return {
    produced: [...kept, rest],
    literals: [
      { kind: "member", pattern: row, list: rows, span },
      { kind: "assign", target: rest, value: callOf("f_slice", [row, start], span), span },
    ],
  };
}

/** Applies a stage to the text of a file, and returns the rows as facts. */
function fileFacts(
  fact: Fact,
  spec: FunctionSpec,
  { stage, path, output }: { readonly stage: string; readonly path: string; readonly output: string },
  { arities, textOf: read, diagnostics }: StageContext,
): readonly Fact[] {
  const { span } = fact;
  const text = read(path);
  const rows = text === undefined ? undefined : spec.call(nowhere, [[text]]);
  if (!Array.isArray(rows)) {
    diagnostics.push(report("E0273", span, { path, stage, isRead: text !== undefined }));
    return [];
  }
  const arity = arities.get(output) ?? (rows[0] as Values | undefined)?.length;
  const wrong = (rows as readonly Values[]).findIndex((row) => row.length !== arity);
  if (wrong >= 0) {
    const given = (rows[wrong] as Values).length;
    diagnostics.push(report("E0274", span, { path, row: wrong + 1, given, output, arity: arity ?? 0 }));
    return [];
  }
  return (rows as readonly Values[]).map((row) => ({
    kind: "fact",
    label: undefined,
    atom: atomOf(
      output,
      row.map((value) => constantOf(value as string | number, span)),
      span,
    ),
    span,
  }));
}

/** Stands in for the node when a stage reads a file at compile time. Stages use neither clock nor random numbers. */
const nowhere = {
  now: (): number => 0,
  random: (): number => 0,
  randomId: (): bigint => 0n,
  source: (): Value => null,
};

/** Whether the argument is a name, not a string in quotes. */
function isWord(argument: Fact["atom"]["args"][number] | undefined): boolean {
  return argument?.kind === "constant" && argument.text === argument.value;
}

function textOf(argument: Fact["atom"]["args"][number]): string {
  return argument.kind === "constant" && typeof argument.value === "string" ? argument.value : "";
}

function atomOf(name: string, args: readonly Expression[], span: Span): Atom {
  return { name: { text: name, span }, location: undefined, locatedArgument: undefined, args, span };
}

function callOf(name: string, args: readonly Expression[], span: Span): Expression {
  return { kind: "call", name: { text: name, span }, args, span };
}

function constantOf(value: string | number, span: Span): Expression {
  return { kind: "constant", value, text: formatValue(value), span };
}

/** A variable of the rule of a stage. */
function variable(name: string, span: Span): Extract<Expression, { kind: "variable" }> {
  return { kind: "variable", name, span };
}

function variables(letter: string, count: number, span: Span): readonly Expression[] {
  return Array.from({ length: count }, (_, at) => variable(`${letter}${at + 1}`, span));
}
