/**
 * compile-query: compiles a query of a running node (`mosaic query`) through the same phases as a program. Called by the
 * compiler of the node (`src/cli/run/node-compiler.ts`); the runtime evaluates the plan against the tables of the node.
 */
import type { Argument, Atom, Expression, Literal, PredicateLiteral, Rule, Variable } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { withFullStop } from "../../grammar/full-stop.ts";
import { parse } from "../../grammar/parse.ts";
import { report } from "../../grammar/report.ts";
import type { Source, Span } from "../../grammar/span.ts";
import type { AggregateKind, Plan } from "../../runtime/plan/contract/plan.ts";
import { ELSE } from "../../runtime/plan/values/location.ts";
import type { ColumnType } from "../../runtime/plan/values/column-type.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { check } from "../1-check/check.ts";
import { type ColumnNames, formOf } from "./column-names.ts";
import { PERIODIC } from "../program/builtin.ts";
import { asPacket } from "../program/as-packet.ts";
import { kindsOfType, typeNames } from "../program/type-name.ts";
import { rewriteAtom, rewriteLiteral } from "../program/rewrite-expression.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { rewrite } from "../2-rewrite/rewrite.ts";
import { ALL_OPTIMISATIONS } from "../program/view-optimisations.ts";
import { checkTypes, planProgram } from "../3-plan/plan.ts";
import { emit } from "../4-emit/emit.ts";
import { LineMap } from "../program/line-map.ts";
import type { Program, TableDeclaration } from "../program/program.ts";
import { exceededSize } from "./query-size.ts";
import { relativeToQuery, unknownName } from "./unknown-names.ts";

/** A query: a separate plan with one rule that reads the tables of the running program. */
export interface CompiledQuery {
  readonly plan: Plan;
  /** Predicates of the event that triggers the rule, and of the event that it raises for each answer. */
  readonly ask: number;
  readonly answer: number;
  /** Name of the head; `query` for a rule body. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Aggregate of each column over the answers. Undefined if each distinct answer is a row. */
  readonly aggregates: readonly AnswerColumn[] | undefined;
}

export type AnswerColumn = "group" | AggregateKind;

export interface QueryCompilation {
  /** Undefined if the diagnostics contain an error. */
  readonly query: CompiledQuery | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly source: Source;
}

const FILE = "query";
/** A name in a program contains no `?`, so these two names cannot clash with it. */
const ASK = "query?ask";
const ANSWER = "query?answer";
/** Head of a rule body; its name is documented in docs/json.md. */
const HEAD = "query() :- ";

/** Compiles a rule body, or a rule with a head, against the tables of the plan `running`. */
export function compileQuery(text: string, running: Plan, columns: ColumnNames = new Map()): QueryCompilation {
  const source: Source = { file: FILE, text, dialect: "mozlog" };
  const { rule, shift, diagnostics } = parseQuery(text);
  const fail = (found: readonly Diagnostic[]): QueryCompilation => ({
    query: undefined,
    diagnostics: relativeToQuery(found, shift, text.length),
    source,
  });
  if (rule === undefined || diagnostics.length > 0) return fail(diagnostics);
  const exceeded = exceededSize(rule);
  if (exceeded !== undefined) return fail([report("E0310", rule.span, { ...exceeded })]);
  const literals = rule.body.filter(isPredicate);
  const located = literals.flatMap(({ atom: { name, location } }) =>
    location === undefined ? [] : [report("E0308", location.span, { name: name.text })],
  );
  if (located.length > 0) return fail(located);
  const unknown = literals.flatMap((literal) => checkName(literal, running, columns));
  if (unknown.length > 0) return fail(unknown);
  const { head, columns: answers, aggregates } = headOf(rule, text, shift);
  const { checked, diagnostics: checking } = check(programOf(rule, head, running), new Set());
  const wrong = errorsIn(checking);
  if (wrong.length > 0) return fail(wrong);
  const { core, diagnostics: rewriting } = rewrite(checked, ALL_OPTIMISATIONS);
  if (errorsIn(rewriting).length > 0) return fail(rewriting);
  // Tables that the compiler adds do not exist on the node, so a query that needs such a table is refused.
  const hidden = core.rules.find(({ trigger }) => trigger.kind === "maintained");
  if (hidden !== undefined) return fail([report("E0309", hidden.head.span, {})]);
  const filled = new Map(running.predicates.map((spec) => [spec.name, spec.columns]));
  const typing = errorsIn(checkTypes({ ...core, filled, rules: core.rules.map((one) => withAggregates(one, rule)) }));
  if (typing.length > 0) return fail(typing);
  const { planned, diagnostics: planning } = planProgram({ ...core, filled }, new LineMap([source]));
  if (errorsIn(planning).length > 0) return fail(planning);
  const plan = emit(planned);
  const numberOf = (name: string): number => plan.predicates.findIndex((spec) => spec.name === name);
  return {
    query: {
      plan,
      ask: numberOf(ASK),
      answer: numberOf(ANSWER),
      name: rule.head.name.text,
      columns: answers,
      aggregates,
    },
    diagnostics: [],
    source,
  };
}

function errorsIn(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter((one) => one.severity === "error");
}

interface ParsedQuery {
  readonly rule: Rule | undefined;
  /** Number of characters before the text of the user. */
  readonly shift: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses the query as one rule. A text without `:-` is a body and gets a head. */
function parseQuery(text: string): ParsedQuery {
  if (text.trim() === "") return { rule: undefined, shift: 0, diagnostics: [invalid(0, text.length)] };
  const hasHead = text.includes(":-");
  const statement = `${hasHead ? "" : HEAD}${withFullStop(text)}\n`;
  const shift = hasHead ? 0 : HEAD.length;
  const { tree, diagnostics } = parse(
    { file: FILE, text: statement, dialect: "mozlog" },
    { defines: new Map(), load: () => undefined },
  );
  const errors = errorsIn(diagnostics);
  const [rule, ...others] = tree.statements;
  if (errors.length > 0) return { rule: undefined, shift, diagnostics: errors };
  if (rule?.kind === "rule" && others.length === 0 && !rule.isDelete) return { rule, shift, diagnostics: [] };
  return { rule: undefined, shift, diagnostics: [invalid(shift, shift + text.length)] };
}

function invalid(start: number, end: number): Diagnostic {
  return report("E0303", { file: FILE, start, end }, { expected: "one rule body" });
}

function checkName(
  { atom, isFailure }: PredicateLiteral,
  { predicates }: Plan,
  columns: ColumnNames,
): readonly Diagnostic[] {
  const name = atom.name.text;
  const spec = predicates.find((one) => one.name === name);
  if (isFailure) return [report("E0302", atom.name.span, { name: `${name}!fail` })];
  if (spec === undefined) {
    const tables = predicates.filter((one) => one.table !== undefined).map((one) => one.name);
    return [report("E0301", atom.name.span, unknownName(name, tables))];
  }
  if (spec.table === undefined) return [report("E0302", atom.name.span, { name })];
  if (spec.arity === atom.args.length) return [];
  return [
    report("E0212", atom.span, { name, given: atom.args.length, usual: spec.arity, form: formOf(name, columns) }),
  ];
}

interface QueryHead {
  readonly head: Atom;
  readonly columns: readonly string[];
  readonly aggregates: CompiledQuery["aggregates"];
}

/** Returns the head of the query rule. A body without a head returns its variables, in the order of their first use. */
function headOf({ head, body }: Rule, text: string, shift: number): QueryHead {
  const name = { ...head.name, text: ANSWER };
  const bare = { ...head, name, location: undefined, locatedArgument: undefined };
  if (shift > 0) {
    const variables = new Map(
      body
        .filter(isShown)
        .flatMap(variablesOf)
        .map((one) => [one.name, one]),
    );
    return { head: { ...bare, args: [...variables.values()] }, columns: [...variables.keys()], aggregates: undefined };
  }
  const columns = head.args.map(({ span }) => text.slice(span.start, span.end));
  const aggregates = hasAggregate(head) ? head.args.map(columnKind) : undefined;
  return { head: { ...bare, args: head.args.map(operandOf) }, columns, aggregates };
}

function columnKind(argument: Argument): AnswerColumn {
  return argument.kind === "aggregate" ? argument.function : "group";
}

/** Aggregates are computed over the answers, outside the rule, so the rule returns their operands: 1 for `count<*>`. */
function operandOf(argument: Argument): Argument {
  if (argument.kind !== "aggregate") return argument;
  return argument.operand ?? { kind: "constant", value: 1, text: "1", span: argument.span };
}

/** Puts the aggregates of the query's head back around their operands in the rule, so that the type check covers the operands. */
function withAggregates(rule: CoreRule, { head }: Rule): CoreRule {
  const args = rule.head.args.map((argument, column) => {
    const asked = head.args[column];
    return asked?.kind === "aggregate" && asked.operand ? { ...asked, operand: argument as Expression } : argument;
  });
  return rule.head.name.text === ANSWER ? { ...rule, head: { ...rule.head, args } } : rule;
}

/** Variables of negations are not shown: they may stand for any value. */
function isShown(literal: Literal): boolean {
  return !(isPredicate(literal) && literal.negated);
}

function variablesOf(literal: Literal): readonly Variable[] {
  return expressionsOfLiteral(literal).flatMap((one) => variablesIn(one));
}

/** A program of the query rule and the declarations of the running tables. */
function programOf(rule: Rule, head: Atom, running: Plan): Program {
  const { span } = rule;
  const ask: PredicateLiteral = {
    kind: "predicate",
    negated: false,
    isFailure: false,
    atom: { name: { text: ASK, span }, location: undefined, locatedArgument: undefined, args: [], span },
    timeout: undefined,
    outcome: undefined,
    span,
  };
  return {
    overlays: running.overlays.map(({ name }) => ({ name, span: NOWHERE })),
    tables: new Map(running.predicates.flatMap((spec) => declarationOf(spec))),
    rules: [
      {
        name: FILE,
        overlay: undefined,
        view: undefined,
        isOverlog: false,
        isDelete: false,
        head: rewriteAtom(head, asPacket),
        body: [ask, ...rule.body.map((literal) => rewriteLiteral(withoutLocation(literal), asPacket))],
        span,
      },
    ],
    facts: [],
    views: new Map(),
    accepts: [],
    signatures: running.predicates.flatMap((spec) => signatureOf(spec)),
    watches: [],
    unparsed: new Map(),
  };
}

/** `p(@X, Y)` is `p(X, Y)`: a query reads the tables of one node. */
function withoutLocation(literal: Literal): Literal {
  return isPredicate(literal) ? { ...literal, atom: { ...literal.atom, locatedArgument: undefined } } : literal;
}

/**
 * Signature of a predicate that the query may name. The number of arguments of an overlay's `send` decides whether addresses may have
 * options. A packet in the query may hold a tuple of an event, or a row of a table, with the types of the running program's signature.
 */
function signatureOf({ name, arity, role, table, signature }: PredicateSpec): Program["signatures"] {
  const isSend = role.kind === "send" && role.overlay !== ELSE;
  const isEvent = role.kind === "plain" && table === undefined && !name.includes("?") && name !== PERIODIC;
  if (signature === undefined && !isSend && !isEvent) return [];
  const types = signature?.map(typeNameOf) ?? Array.from({ length: arity }, () => "any");
  return [{ name, types, span: NOWHERE }];
}

/** The name of a column type in signatures; `any` for a type without a name. */
function typeNameOf(type: ColumnType): string {
  return [...typeNames()].find((name) => kindsOfType(name) === type) ?? "any";
}

const NOWHERE: Span = { file: "", start: 0, end: 0 };

function declarationOf({ name, table }: PredicateSpec): readonly (readonly [string, TableDeclaration])[] {
  if (table === undefined) return [];
  const { lifetime, size, keys, evict } = table;
  return [[name, { name, lifetime, size, keys, keySpans: keys.map(() => NOWHERE), evict, span: NOWHERE }]];
}
