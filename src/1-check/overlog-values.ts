/**
 * overlog-values: marks the expressions of an OverLog file that have other values than in Mozlog, for the compiler and for
 * the emitted code. The last step of `read-overlog.ts`.
 */
import type { Expression, Literal, Rule, Statement } from "../../grammar/ast.ts";
import { ROW_OF_STAGE, stageOf } from "../../runtime/plan/library/functions/stages.ts";
import { rewriteAtom, rewriteExpression, rewriteLiteral } from "../program/rewrite-expression.ts";
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
      return { ...statement, atom: rewriteAtom(statement.atom, change) };
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
  const body = rule.body.map((literal) => withList(rewriteLiteral(literal, change)));
  return { ...rule, head: rewriteAtom(rule.head, change), body };
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

/** `X <- f_concat(L, null)` for `X <- L`: null is the empty list, and another value that is not a list is the only item. */
function withList(literal: Literal): Literal {
  if (literal.kind !== "member" || literal.list.kind === "list" || isStage(literal.list)) return literal;
  const { list, span } = literal;
  const none: Expression = { kind: "constant", value: null, text: "null", span };
  const name = { text: "f_concat", span };
  return { ...literal, list: { kind: "call", name, args: [list, none], isOverlog: true, span: list.span } };
}

/** Whether the expression calls the function of a stage, or the function that checks its rows. Both return lists of rows. */
function isStage(expression: Expression): boolean {
  if (expression.kind !== "call") return false;
  const name = expression.name.text;
  return name === ROW_OF_STAGE || stageOf(name) !== undefined;
}
