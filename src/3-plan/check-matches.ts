/**
 * check-matches: finds comparisons whose result follows from the types of both sides, and literals that match no row because a variable
 * or a constant has another type than the column. `check-values.ts` reports the findings.
 */
import type { Argument, Atom, Binary, Expression, Literal, PredicateLiteral, Variable } from "../../grammar/ast.ts";
import type { Diagnostic, RelatedSpan } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import { ANYTHING, type ColumnType, columnTypeName } from "../../runtime/plan/values/column-type.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import { variablesMatchedBy } from "../program/binding.ts";
import { PERIODIC } from "../program/builtin.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { shownText } from "../program/shown-text.ts";
import { expressionsOfAtom, expressionsOfLiteral, operandsOf, parts } from "../program/visit.ts";
import type { ColumnTypes } from "./column-types.ts";
import { type Environment, typeOf } from "./expression-type.ts";
import type { Finding } from "./finding.ts";

/** Match of a value with the types that it must have. `facts` describes it for a diagnostic. */
interface Match {
  readonly what: MatchFacts["what"];
  readonly span: Span;
  readonly facts: () => MatchFacts;
}

type MatchFacts = ColumnFacts | { readonly what: "assignment"; readonly text: string };

interface ColumnFacts {
  readonly what: "column" | "negation" | "deletion";
  readonly text: string;
  readonly predicate: string;
  readonly column: number;
}

/** The diagnostic about a comparison whose result follows from the types of both sides. */
function resultByTypes(
  binary: Binary,
  left: ColumnType | undefined,
  right: ColumnType | undefined,
): Diagnostic | undefined {
  if (left === undefined || right === undefined || isNull(binary.left) || isNull(binary.right)) return undefined;
  const truth = truthByTypes(binary.operator, left, right);
  if (truth === undefined) return undefined;
  const text = shownText(binary);
  const kinds = [left, right].map(columnTypeName);
  return truth
    ? report("W0242", binary.span, { text, truth, kinds })
    : report("E0254", binary.span, { what: "comparison", text, kinds });
}

/** The result of a comparison if the types decide it. Values of different kinds are ordered as the bits of the kinds. */
function truthByTypes(operator: string, left: ColumnType, right: ColumnType): boolean | undefined {
  if ((left & right) !== 0) return undefined;
  const isLess = highest(left) < lowest(right) ? true : highest(right) < lowest(left) ? false : undefined;
  switch (operator) {
    case "==":
      return false;
    case "!=":
      return true;
    case "<":
    case "<=":
      return isLess;
    case ">":
    case ">=":
      return isLess === undefined ? undefined : !isLess;
    default:
      return undefined;
  }
}

function highest(type: ColumnType): number {
  return 31 - Math.clz32(type);
}

function lowest(type: ColumnType): number {
  return highest(type & -type);
}

/** Comparisons with the constant `null` are exempt: they test whether there is a value, and types do not always say where null occurs. */
function isNull(expression: Expression): boolean {
  return expression.kind === "constant" && expression.value === null;
}

/** Returns the kinds of a type; undefined if any kind is possible, or if the type lists none. */
function restriction(type: ColumnType | undefined): ColumnType | undefined {
  const kinds = (type ?? 0) & ANYTHING;
  return kinds === 0 || kinds === ANYTHING ? undefined : kinds;
}

/** Findings about the values that the literals of a rule, and the key of its deletion, match. */
export function findingsOfMatches(
  rule: CoreRule,
  literals: readonly Literal[],
  core: CoreProgram,
  types: ColumnTypes,
): readonly Finding[] {
  const ordered = literals.toSorted(inText);
  const matching = new Matching(types.ofVariables(rule), ordered, types);
  for (const literal of ordered) if (isMatched(literal)) matching.bind(literal);
  for (const literal of ordered) if (!isMatched(literal)) matching.bind(literal);
  for (const literal of ordered) matching.compare(literal);
  for (const expression of expressionsOfAtom(rule.head)) matching.comparisons(expression);
  if (rule.isDelete) matching.deletion(rule.head, core.tables.get(rule.head.name.text)?.keys ?? []);
  return matching.findings;
}

/** Orders literals as in the text. With this order all copies of a rule give the same findings. */
function inText({ span: one }: Literal, { span: other }: Literal): number {
  return one.file === other.file ? one.start - other.start : one.file < other.file ? -1 : 1;
}

/** Whether the variable stands for a computed argument (`2-rewrite/lift-arguments.ts`). */
function isLifted({ name }: Variable): boolean {
  return /^\$\d+$/.test(name);
}

/** Whether the literal gets its variables from the columns of a row or an event. */
function isMatched(literal: Literal): literal is PredicateLiteral {
  return isPredicate(literal) && !literal.negated && literal.atom.name.text !== PERIODIC;
}

/** The types of the variables of a rule. Each literal that binds a variable narrows its type. */
class Matching {
  readonly findings: Finding[] = [];
  readonly #environment: Map<string, ColumnType>;
  readonly #literals: readonly Literal[];
  /** Computed arguments, indexed by the variables that stand for them. */
  readonly #lifted = new Map<string, Expression>();
  readonly #types: ColumnTypes;

  constructor(environment: Environment, literals: readonly Literal[], types: ColumnTypes) {
    this.#literals = literals;
    this.#types = types;
    this.#environment = new Map(environment);
    for (const literal of literals) {
      if (literal.kind === "assign" && isLifted(literal.target)) this.#lifted.set(literal.target.name, literal.value);
      if (!isMatched(literal)) continue;
      for (const argument of literal.atom.args)
        for (const name of variablesMatchedBy(argument)) this.#environment.delete(name);
    }
  }

  /** Narrows the types of the variables that the literal binds. */
  bind(literal: Literal): void {
    if (literal.kind === "assign") {
      if (isLifted(literal.target)) return;
      const { target, value, span } = literal;
      const facts = (): MatchFacts => ({ what: "assignment", text: `${target.name} := ${shownText(value)}` });
      this.#match(target, this.#kindsOf(value), { what: "assignment", span, facts });
    } else if (literal.kind === "member") {
      this.#pattern(literal.pattern, literal.list);
    } else if (isMatched(literal)) {
      this.#columns(literal.atom.name.text, literal.atom.args, "column");
    }
  }

  /** Compares the arguments of a negation, and the sides of comparisons, with the narrowed types. */
  compare(literal: Literal): void {
    if (isPredicate(literal) && literal.negated) this.#columns(literal.atom.name.text, literal.atom.args, "negation");
    const expressions = expressionsOfLiteral(literal);
    for (const expression of expressions) this.comparisons(expression);
  }

  comparisons(expression: Expression): void {
    if (operandsOf(expression).length === 0) return;
    for (const part of parts(expression)) {
      if (part.kind !== "binary") continue;
      const error = resultByTypes(part, this.#kindsOf(part.left), this.#kindsOf(part.right));
      this.findings.push({ about: "comparison", span: part.span, error });
    }
  }

  /** Checks the key arguments of a deletion. Columns with a signature are exempt, because they have an error of their own. */
  deletion({ name, args }: Atom, keys: readonly number[]): void {
    for (const [column, argument] of args.entries()) {
      const isKey = keys.length === 0 || keys.includes(column);
      if (isKey && this.#types.declared(name.text, column) === undefined)
        this.#column(name.text, column, argument, "deletion");
    }
  }

  #columns(name: string, args: readonly Argument[], what: ColumnFacts["what"]): void {
    for (const [column, argument] of args.entries()) this.#column(name, column, argument, what);
  }

  #column(name: string, column: number, argument: Argument, what: ColumnFacts["what"]): void {
    // A constant in a column with a declared type has its own error (E0265).
    const isReported = argument.kind === "constant" && this.#types.fixed(name, column) !== undefined;
    const isAny = argument.kind === "return" || argument.kind === "aggregate" || argument.kind === "wildcard";
    if (isAny || isReported) return;
    const kinds = restriction(this.#types.ofColumn(name, column));
    const value = (argument.kind === "variable" ? this.#lifted.get(argument.name) : undefined) ?? argument;
    const facts = (): MatchFacts => ({ what, text: shownText(value), predicate: name, column: column + 1 });
    this.#match(value, kinds, { what, span: argument.span, facts });
  }

  #pattern(pattern: Expression, list: Expression): void {
    if (pattern.kind === "packet") this.#columns(pattern.name.text, pattern.args, "column");
    if (pattern.kind !== "variable" || list.kind !== "list") return;
    const kinds = list.items.map((item) => this.#kindsOf(item) ?? ANYTHING).reduce((all, one) => all | one, 0);
    const facts = (): MatchFacts => ({ what: "assignment", text: `${pattern.name} <- ${shownText(list)}` });
    this.#match(pattern, restriction(kinds), { what: "assignment", span: pattern.span, facts });
  }

  /** Compares an expression with the kinds that it must have. If the expression is a variable and can have them, its type is narrowed. */
  #match(expression: Expression, kinds: ColumnType | undefined, match: Match): void {
    const { what, span } = match;
    const found = this.#kindsOf(expression);
    const isWrong = kinds !== undefined && found !== undefined && (kinds & found) === 0;
    const error = isWrong ? this.#mismatch(expression, [found, kinds], match) : undefined;
    this.findings.push({ about: what, span, error });
    if (isWrong || kinds === undefined || expression.kind !== "variable" || what === "negation") return;
    this.#environment.set(expression.name, found === undefined ? kinds : found & kinds);
  }

  #mismatch(expression: Expression, types: readonly ColumnType[], { span, facts }: Match): Diagnostic {
    const kinds = types.map(columnTypeName);
    return report("E0254", span, { ...facts(), kinds }, this.#related(expression, span));
  }

  /** The first other literal that binds the variable. */
  #related(expression: Expression, span: Span): readonly RelatedSpan[] {
    if (expression.kind !== "variable") return [];
    const others = this.#literals.filter((one) => !(one.span.start <= span.start && span.end <= one.span.end));
    const binder = others.find((one) =>
      expressionsOfLiteral(one).some((part) => part.kind === "variable" && part.name === expression.name),
    );
    return binder === undefined ? [] : [{ span: binder.span, message: `\`${expression.name}\` gets its type here` }];
  }

  #kindsOf(expression: Expression): ColumnType | undefined {
    return restriction(typeOf(expression, this.#environment));
  }
}
