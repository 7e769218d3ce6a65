/**
 * overlog-values: marks the expressions of an OverLog file that have other values than in Mozlog, for the compiler and for
 * the emitted code. The last step of `read-overlog.ts`.
 */
import type { Expression, Literal, Rule, Statement } from "../../grammar/ast.ts";
import { ROW_OF_STAGE, stageOf } from "../../runtime/plan/library/functions/stages.ts";
import {
  type ExpressionChange,
  rewriteAtom,
  rewriteExpression,
  rewriteLiteral,
} from "../program/rewrite-expression.ts";
import { RealNumbers } from "./real-numbers.ts";

/** Operators that join texts, divide whole numbers, and combine lists in OverLog. */
const OVERLOG_OPERATORS: ReadonlySet<string> = new Set(["+", "/", "|", "&"]);

/** Marks the expressions of the statements. A quotient stays as in Mozlog if an operand is a real number by its text. */
export function withOverlogValues(statements: readonly Statement[]): readonly Statement[] {
  const reals = new RealNumbers(statements);
  return statements.map((statement) => marked(statement, reals));
}

function marked(statement: Statement, reals: RealNumbers): Statement {
  const change = (part: Expression): Expression => marking(part, (one) => reals.isReal(one));
  switch (statement.kind) {
    case "rule":
      return markedRule(statement, reals.inRule(statement));
    case "fact":
      return { ...statement, atom: rewriteAtom(statement.atom, (part) => withTail(change(part))) };
    case "materialize": {
      const [lifetime, size] = [
        rewriteExpression(statement.lifetime, change),
        rewriteExpression(statement.size, change),
      ];
      return { ...statement, lifetime, size };
    }
    case "view":
      return { ...statement, body: statement.body.map((one) => marked(one, reals) as typeof one) };
    default:
      return statement;
  }
}

function markedRule(rule: Rule, isReal: (part: Expression) => boolean): Rule {
  const change = (part: Expression): Expression => marking(part, isReal);
  const value = (part: Expression): Expression => withTail(change(part));
  const body = rule.body.map((literal) => withList(markedLiteral(literal, change, value)));
  return { ...rule, head: rewriteAtom(rule.head, value), body };
}

/** Marks a literal: `value` is for expressions that are computed, `change` for those that may be patterns. */
function markedLiteral(literal: Literal, change: ExpressionChange, value: ExpressionChange): Literal {
  if (literal.kind === "predicate") return rewriteLiteral(literal, change);
  if (literal.kind !== "member") return rewriteLiteral(literal, value);
  const { pattern, list } = literal;
  return { ...literal, pattern: rewriteExpression(pattern, change), list: rewriteExpression(list, value) };
}

function marking(part: Expression, isReal: (part: Expression) => boolean): Expression {
  switch (part.kind) {
    case "binary":
      if (part.operator === "/" && (isReal(part.left) || isReal(part.right))) return part;
      return OVERLOG_OPERATORS.has(part.operator) ? { ...part, isOverlog: true } : part;
    case "interval":
    case "call":
      return { ...part, isOverlog: true };
    default:
      return part;
  }
}

function withList(literal: Literal): Literal {
  if (literal.kind !== "member" || literal.list.kind === "list" || isStage(literal.list)) return literal;
  return { ...literal, list: asList(literal.list) };
}

/** `[A | f_concat(L, null)]` for `[A | L]`. */
function withTail(part: Expression): Expression {
  if (part.kind !== "list" || part.tail === undefined || part.tail.kind === "list") return part;
  return { ...part, tail: asList(part.tail) };
}

/** `f_concat(L, null)` for `L`: null is the empty list, and another value that is not a list is the only item. */
function asList(value: Expression): Expression {
  const { span } = value;
  const none: Expression = { kind: "constant", value: null, text: "null", span };
  return { kind: "call", name: { text: "f_concat", span }, args: [value, none], isOverlog: true, span };
}

/** Whether the expression calls the function of a stage, or the function that checks its rows. Both return lists of rows. */
function isStage(expression: Expression): boolean {
  if (expression.kind !== "call") return false;
  const name = expression.name.text;
  return name === ROW_OF_STAGE || stageOf(name) !== undefined;
}
