/*
 * Printer of syntax trees: the inverse of the parser. `mosaic explain`, diagnostics and tests call it. Parsing the printed text in the
 * same dialect gives the same tree. Expressions get only the brackets that are necessary for this.
 */
import { aggregateNamed } from "./aggregate-names.ts";
import type {
  AcceptDeclaration,
  AcceptedType,
  AddressExpression,
  Aggregate,
  Argument,
  Atom,
  Binary,
  Evict,
  Expression,
  FileTree,
  Interval,
  ListExpression,
  Literal,
  Materialize,
  PredicateLiteral,
  Rule,
  Statement,
  Unary,
  ViewDefinition,
} from "./ast.ts";
import { quote } from "./literals.ts";
import { flatPrecedence, precedence } from "./operators.ts";
import type { Dialect, Name } from "./span.ts";

const WIDTH = 120;
const INDENT = "  ";
const BODY_INDENT = "      ";

/** Precedence of expressions that never need brackets, above all binary operators. */
const UNBRACKETED = 100;

/** Precedence of operators in a dialect, which decides where brackets are needed. Constant 0 brackets every operation. */
type PrecedenceOf = typeof precedence;

/** Prints a program in canonical form, one statement per line. */
export function print(tree: FileTree, dialect: Dialect = "mozlog"): string {
  const precedenceOf = precedenceIn(dialect);
  return tree.statements.map((statement) => `${printStatement(statement, "", precedenceOf)}\n`).join("");
}

/** Prints `label: head :- body.`, broken into several lines if it is long. */
export function printRule(rule: Rule, dialect: Dialect = "mozlog"): string {
  return ruleText(rule, "", precedenceIn(dialect));
}

export function printLiteral(literal: Literal, dialect: Dialect = "mozlog"): string {
  return literalText(literal, precedenceIn(dialect));
}

/** Prints an expression with as few brackets as the dialect allows. */
export function printExpression(expression: Expression, dialect: Dialect = "mozlog"): string {
  return expressionText(expression, precedenceIn(dialect));
}

export function printAtom(atom: Atom, dialect: Dialect = "mozlog"): string {
  return atomText(atom, precedenceIn(dialect));
}

/** Prints an expression with brackets around every nested operation, so that no reader needs to know precedences. */
export function printGrouped(expression: Expression): string {
  return expressionText(expression, () => 0);
}

function precedenceIn(dialect: Dialect): PrecedenceOf {
  return dialect === "overlog-flat" ? flatPrecedence : precedence;
}

function printStatement(statement: Statement, indent: string, precedenceOf: PrecedenceOf): string {
  switch (statement.kind) {
    case "rule":
      return ruleText(statement, indent, precedenceOf);
    case "fact":
      return `${labelText(statement.label)}${atomText(statement.atom, precedenceOf)}.`;
    case "materialize":
      return materializeText(statement, precedenceOf);
    case "overlay":
      return `overlay ${statement.name.text}.`;
    case "import":
      return `import ${quote(statement.path.text)}${statement.as === undefined ? "" : ` as ${statement.as.text}`}.`;
    case "accept":
      return acceptText(statement, precedenceOf);
    case "signature":
      return `${statement.name.text}(${namesText(statement.types)}).`;
    case "view":
      return viewText(statement, precedenceOf);
    case "watch":
      return statement.modes === undefined
        ? `watch(${statement.name.text}).`
        : `watchmod(${statement.name.text}, ${quote(statement.modes)}).`;
  }
}

function labelText(label: Name | undefined): string {
  return label === undefined ? "" : `${label.text}: `;
}

function namesText(names: readonly Name[]): string {
  return names.map(({ text }) => text).join(", ");
}

function ruleText(rule: Rule, indent: string, precedenceOf: PrecedenceOf): string {
  const head = `${labelText(rule.label)}${rule.isDelete ? "delete " : ""}${atomText(rule.head, precedenceOf)} :-`;
  const body = rule.body.map((literal) => literalText(literal, precedenceOf));
  return fill(head, body, indent);
}

/** Puts as many literals on each line as fit into `WIDTH` columns. */
function fill(head: string, body: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = head;
  body.forEach((literal, index) => {
    const text = `${literal}${index + 1 < body.length ? "," : "."}`;
    if (indent.length + line.length + 1 + text.length <= WIDTH) line += ` ${text}`;
    else {
      lines.push(line);
      line = `${indent}${BODY_INDENT}${text}`;
    }
  });
  return [...lines, line].join("\n");
}

function materializeText(table: Materialize, precedenceOf: PrecedenceOf): string {
  const keys = table.keys.map(({ column }) => column).join(",");
  const lifetime = expressionText(table.lifetime, precedenceOf);
  const size = expressionText(table.size, precedenceOf);
  return `materialize(${table.name.text}, ${lifetime}, ${size}, keys(${keys})${evictText(table.evict)}).`;
}

function evictText(evict: Evict | undefined): string {
  if (evict === undefined) return "";
  return evict.policy === "fifo" ? ", evict fifo" : `, evict ${evict.policy}(${evict.column})`;
}

function acceptText(accept: AcceptDeclaration, precedenceOf: PrecedenceOf): string {
  const { name, types, insert, remove, from, rate, rows } = accept;
  const right = insert && remove ? "" : insert ? " insert" : " delete";
  const source = from === undefined ? "" : ` from ${from.text}`;
  const limits = [limitText("rate", rate, precedenceOf), limitText("rows", rows, precedenceOf)].join("");
  const columns = types.map((type) => acceptedTypeText(type, precedenceOf)).join(", ");
  return `accept ${name.text}(${columns})${right}${source}${limits}.`;
}

function limitText(word: string, limit: Expression | undefined, precedenceOf: PrecedenceOf): string {
  return limit === undefined ? "" : ` ${word} ${expressionText(limit, precedenceOf)}`;
}

function acceptedTypeText(type: AcceptedType, precedenceOf: PrecedenceOf): string {
  const { text } = type.name;
  switch (type.kind) {
    case "named":
      return text;
    case "bounded":
      return `${text}(${type.bounds.map((bound) => expressionText(bound, precedenceOf)).join(", ")})`;
    case "list":
      return `${text}(${acceptedTypeText(type.item, precedenceOf)})`;
    case "items":
      return `${text}[${type.items.map((item) => acceptedTypeText(item, precedenceOf)).join(", ")}]`;
  }
}

function viewText(view: ViewDefinition, precedenceOf: PrecedenceOf): string {
  const location = view.location === undefined ? "" : `@${expressionText(view.location, precedenceOf)}`;
  const args = [...view.inputs.map(({ name }) => name), ...view.outputs.map(({ name }) => `&${name}`)].join(", ");
  const timeout = view.timeout === undefined ? "" : ` timeout(${expressionText(view.timeout, precedenceOf)})`;
  const body = view.body.map((statement) => `${INDENT}${printStatement(statement, INDENT, precedenceOf)}\n`).join("");
  return `def ${view.name.text}${location}(${args})${timeout}${view.many ? " many" : ""} {\n${body}}`;
}

function atomText(atom: Atom, precedenceOf: PrecedenceOf): string {
  const location = atom.location === undefined ? "" : `@${expressionText(atom.location, precedenceOf)}`;
  const args = atom.args.map((argument, index) => argumentText(argument, index === atom.locatedArgument, precedenceOf));
  return `${atom.name.text}${location}(${args.join(", ")})`;
}

function argumentText(argument: Argument, isLocation: boolean, precedenceOf: PrecedenceOf): string {
  switch (argument.kind) {
    case "return":
      return `&${argument.name ?? "_"}`;
    case "aggregate":
      return aggregateText(argument, isLocation, precedenceOf);
    default:
      return `${isLocation ? "@" : ""}${plainArgumentText(argument, precedenceOf)}`;
  }
}

/** Prints an argument. A comparison such as `MIN < X` gets brackets, or it would be read as an aggregate. */
function plainArgumentText(argument: Expression, precedenceOf: PrecedenceOf): string {
  const text = expressionText(argument, precedenceOf);
  const [, compared] = /^(\w+) < /.exec(text) ?? [];
  return compared !== undefined && aggregateNamed(compared) !== undefined ? `(${text})` : text;
}

function aggregateText(
  { function: name, operand }: Aggregate,
  isLocation: boolean,
  precedenceOf: PrecedenceOf,
): string {
  if (operand === undefined) return `${name}<*>`;
  const plain = expressionText(operand, precedenceOf);
  const text = fitsAggregate(operand, precedenceOf) ? plain : `(${plain})`;
  // The brackets around a negative operand keep the lexer from reading `<-` as one token.
  return `${name}<${isLocation ? "@" : ""}${text.startsWith("-") ? `(${text})` : text}>`;
}

/** Returns whether an operand needs no brackets in `min<..>`. An operator looser than a sum needs them because of the closing `>`. */
function fitsAggregate(operand: Expression, precedenceOf: PrecedenceOf): boolean {
  if (bindingStrength(operand, precedence) < precedence("+")) return false;
  // In the flat dialect a left operand never has brackets, so it can contain a looser operator.
  return precedenceOf !== flatPrecedence || operand.kind !== "binary" || fitsAggregate(operand.left, precedenceOf);
}

function literalText(literal: Literal, precedenceOf: PrecedenceOf): string {
  switch (literal.kind) {
    case "predicate":
      return predicateText(literal, precedenceOf);
    case "condition":
      return expressionText(literal.test, precedenceOf);
    case "assign":
      return `${literal.target.name} := ${expressionText(literal.value, precedenceOf)}`;
    case "member":
      return `${expressionText(literal.pattern, precedenceOf)} <- ${expressionText(literal.list, precedenceOf)}`;
  }
}

function predicateText(
  { negated, isFailure, atom, timeout, outcome }: PredicateLiteral,
  precedenceOf: PrecedenceOf,
): string {
  const text = atomText(atom, precedenceOf);
  const called = isFailure ? `${atom.name.text}!fail${text.slice(atom.name.text.length)}` : text;
  const limit = timeout === undefined ? "" : ` timeout(${expressionText(timeout, precedenceOf)})`;
  const result = outcome === undefined ? "" : ` outcome(${expressionText(outcome, precedenceOf)})`;
  return `${negated ? "!" : ""}${called}${limit}${result}`;
}

function expressionText(expression: Expression, precedenceOf: PrecedenceOf): string {
  switch (expression.kind) {
    case "variable":
      return expression.shownAs ?? expression.name;
    case "wildcard":
      return "_";
    case "constant":
      return expression.text;
    case "list":
      return bracketedList(expression, precedenceOf);
    case "call":
    case "packet":
      return `${expression.name.text}(${listText(expression.args, precedenceOf)})`;
    case "unary":
      return unaryText(expression, precedenceOf);
    case "binary":
      return binaryText(expression, precedenceOf);
    case "interval":
      return intervalText(expression, precedenceOf);
    case "conditional": {
      const test = bracketed(expression.test, 1, precedenceOf);
      return `${test} ? ${expressionText(expression.yes, precedenceOf)} : ${expressionText(expression.no, precedenceOf)}`;
    }
    case "aggregate":
      return aggregateText(expression, false, precedenceOf);
    case "address":
      return addressText(expression, precedenceOf);
  }
}

function listText(items: readonly Expression[], precedenceOf: PrecedenceOf): string {
  return items.map((item) => expressionText(item, precedenceOf)).join(", ");
}

function bracketedList({ items, tail }: ListExpression, precedenceOf: PrecedenceOf): string {
  const parts = items.map((item) => textInList(item, precedenceOf)).join(", ");
  return tail === undefined ? `[${parts}]` : `[${parts} | ${textInList(tail, precedenceOf)}]`;
}

/** Prints an expression directly within the brackets of a list, where the operator `|` needs brackets of its own. */
function textInList(expression: Expression, precedenceOf: PrecedenceOf): string {
  const text = expressionText(expression, precedenceOf);
  return hasOpenBar(expression, precedenceOf) ? `(${text})` : text;
}

/** Whether the printed expression has the operator `|` outside brackets. */
function hasOpenBar(expression: Expression, precedenceOf: PrecedenceOf): boolean {
  const isOpen = (operand: Expression, level: number): boolean =>
    bindingStrength(operand, precedenceOf) >= level && hasOpenBar(operand, precedenceOf);
  switch (expression.kind) {
    case "binary": {
      const level = precedenceOf(expression.operator);
      return expression.operator === "|" || isOpen(expression.left, level || 1) || isOpen(expression.right, level + 1);
    }
    case "conditional":
      return isOpen(expression.test, 1) || isOpen(expression.yes, 0) || isOpen(expression.no, 0);
    case "interval":
      return isOpen(expression.value, precedenceOf("in") || 1);
    case "unary":
      return isOpen(expression.operand, UNBRACKETED);
    default:
      return false;
  }
}

function unaryText({ operator, operand }: Unary, precedenceOf: PrecedenceOf): string {
  return `${operator}${bracketed(operand, UNBRACKETED, precedenceOf)}`;
}

function binaryText({ operator, left, right }: Binary, precedenceOf: PrecedenceOf): string {
  const level = precedenceOf(operator);
  // All operators are left-associative, so the right operand must bind more tightly.
  return `${bracketed(left, level || 1, precedenceOf)} ${operator} ${bracketed(right, level + 1, precedenceOf)}`;
}

function intervalText(interval: Interval, precedenceOf: PrecedenceOf): string {
  const value = bracketed(interval.value, precedenceOf("in") || 1, precedenceOf);
  const low = expressionText(interval.low, precedenceOf);
  const high = expressionText(interval.high, precedenceOf);
  return `${value} in ${interval.includesLow ? "[" : "("}${low}, ${high}${interval.includesHigh ? "]" : ")"}`;
}

/** Prints an expression, in brackets unless it binds at least as tightly as `level`. */
function bracketed(expression: Expression, level: number, precedenceOf: PrecedenceOf): string {
  const text = expressionText(expression, precedenceOf);
  return bindingStrength(expression, precedenceOf) >= level ? text : `(${text})`;
}

function bindingStrength(expression: Expression, precedenceOf: PrecedenceOf): number {
  switch (expression.kind) {
    case "conditional":
      return 0;
    case "binary":
      return precedenceOf(expression.operator);
    case "interval":
      return precedenceOf("in");
    default:
      return UNBRACKETED;
  }
}

function addressText({ overlay, node, options }: AddressExpression, precedenceOf: PrecedenceOf): string {
  if (options.length === 0 && needsNoBrackets(node)) return `${overlay.text}::${expressionText(node, precedenceOf)}`;
  return `${overlay.text}::(${listText([node, ...options], precedenceOf)})`;
}

/** Returns whether a node needs no brackets after `::`. A call needs them: in a location, `(` would begin the predicate's arguments. */
function needsNoBrackets(node: Expression): boolean {
  if (node.kind === "constant") return !node.text.startsWith("-");
  return node.kind === "variable" || node.kind === "wildcard" || node.kind === "list" || node.kind === "address";
}
