import { aggregateNamed } from "./aggregate-names.ts";
import type {
  AcceptDeclaration,
  AddressExpression,
  Aggregate,
  Argument,
  Atom,
  Binary,
  Evict,
  Expression,
  FileTree,
  Interval,
  Literal,
  Materialize,
  PredicateLiteral,
  Rule,
  Statement,
  Unary,
  ViewDefinition,
} from "./ast.ts";
import { quote } from "./literals.ts";
import { flat, precedence } from "./operators.ts";
import type { Dialect, Name } from "./span.ts";

const WIDTH = 120;
const INDENT = "  ";
const BODY_INDENT = "      ";

/** Everything that needs no brackets of its own stands above the binary operators. */
const TIGHTEST = 100;

/**
 * How expressions are bracketed: by the precedences of a dialect, or all of them, so that nobody need know any.
 * A reader of "overlog-flat" must be given the text of "overlog-flat".
 */
type Bracketing = typeof precedence;

/** The program in canonical form, a statement a line. Parsing it in the same dialect gives the same tree. */
export function print(tree: FileTree, dialect: Dialect = "mozlog"): string {
  const binds = bracketing(dialect);
  return tree.statements.map((statement) => `${printStatement(statement, "", binds)}\n`).join("");
}

/** `label: head :- body.` on one line, or on several if it is long. */
export function printRule(rule: Rule, dialect: Dialect = "mozlog"): string {
  return ruleText(rule, "", bracketing(dialect));
}

export function printLiteral(literal: Literal, dialect: Dialect = "mozlog"): string {
  return literalText(literal, bracketing(dialect));
}

/** An expression with as few brackets as the dialect allows. */
export function printExpression(expression: Expression, dialect: Dialect = "mozlog"): string {
  return expressionText(expression, bracketing(dialect));
}

export function printAtom(atom: Atom, dialect: Dialect = "mozlog"): string {
  return atomText(atom, bracketing(dialect));
}

/** An expression with brackets around every operation within another, so that there is one way to read it. */
export function printGrouped(expression: Expression): string {
  return expressionText(expression, () => 0);
}

function bracketing(dialect: Dialect): Bracketing {
  return dialect === "overlog-flat" ? flat : precedence;
}

function printStatement(statement: Statement, indent: string, binds: Bracketing): string {
  switch (statement.kind) {
    case "rule":
      return ruleText(statement, indent, binds);
    case "fact":
      return `${labelText(statement.label)}${atomText(statement.atom, binds)}.`;
    case "materialize":
      return materializeText(statement, binds);
    case "overlay":
      return `overlay ${statement.name.text}.`;
    case "import":
      return `import ${quote(statement.path.text)}${statement.as === undefined ? "" : ` as ${statement.as.text}`}.`;
    case "accept":
      return acceptText(statement);
    case "signature":
      return `${statement.name.text}(${namesText(statement.types)}).`;
    case "view":
      return viewText(statement, binds);
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

function ruleText(rule: Rule, indent: string, binds: Bracketing): string {
  const head = `${labelText(rule.label)}${rule.isDelete ? "delete " : ""}${atomText(rule.head, binds)} :-`;
  const body = rule.body.map((literal) => literalText(literal, binds));
  return fill(head, body, indent);
}

/** Puts as many literals on a line as there is room for. */
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

function materializeText(table: Materialize, binds: Bracketing): string {
  const keys = table.keys.map(({ column }) => column).join(",");
  const lifetime = expressionText(table.lifetime, binds);
  const size = expressionText(table.size, binds);
  return `materialize(${table.name.text}, ${lifetime}, ${size}, keys(${keys})${evictText(table.evict)}).`;
}

function evictText(evict: Evict | undefined): string {
  if (evict === undefined) return "";
  return evict.policy === "fifo" ? ", evict fifo" : `, evict ${evict.policy}(${evict.column})`;
}

function acceptText({ name, types, insert, remove }: AcceptDeclaration): string {
  const right = insert && remove ? "" : insert ? " insert" : " delete";
  return `accept ${name.text}(${namesText(types)})${right}.`;
}

function viewText(view: ViewDefinition, binds: Bracketing): string {
  const location = view.location === undefined ? "" : `@${expressionText(view.location, binds)}`;
  const args = [...view.inputs.map(({ name }) => name), ...view.outputs.map(({ name }) => `&${name}`)].join(", ");
  const timeout = view.timeout === undefined ? "" : ` timeout(${expressionText(view.timeout, binds)})`;
  const body = view.body.map((statement) => `${INDENT}${printStatement(statement, INDENT, binds)}\n`).join("");
  return `def ${view.name.text}${location}(${args})${timeout}${view.many ? " many" : ""} {\n${body}}`;
}

function atomText(atom: Atom, binds: Bracketing): string {
  const location = atom.location === undefined ? "" : `@${expressionText(atom.location, binds)}`;
  const args = atom.args.map((argument, index) => argumentText(argument, index === atom.locatedArgument, binds));
  return `${atom.name.text}${location}(${args.join(", ")})`;
}

function argumentText(argument: Argument, isLocation: boolean, binds: Bracketing): string {
  switch (argument.kind) {
    case "return":
      return `&${argument.name ?? "_"}`;
    case "aggregate":
      return aggregateText(argument, isLocation, binds);
    default:
      return `${isLocation ? "@" : ""}${plainArgumentText(argument, binds)}`;
  }
}

/** A comparison that begins as an aggregate does (`MIN < X`) needs brackets not to be taken for one. */
function plainArgumentText(argument: Expression, binds: Bracketing): string {
  const text = expressionText(argument, binds);
  const [, compared] = /^(\w+) < /.exec(text) ?? [];
  return compared !== undefined && aggregateNamed(compared) !== undefined ? `(${text})` : text;
}

function aggregateText({ function: name, operand }: Aggregate, isLocation: boolean, binds: Bracketing): string {
  if (operand === undefined) return `${name}<*>`;
  const plain = expressionText(operand, binds);
  const text = fitsAggregate(operand, binds) ? plain : `(${plain})`;
  // `<-` would be read as one token.
  return `${name}<${isLocation ? "@" : ""}${text.startsWith("-") ? `(${text})` : text}>`;
}

/** An aggregate ends at `>`: no operator looser than a sum stands in it without brackets. */
function fitsAggregate(operand: Expression, binds: Bracketing): boolean {
  if (tightness(operand, precedence) < precedence("+")) return false;
  // Read from left to right, what stands left has no brackets, however loose.
  return binds !== flat || operand.kind !== "binary" || fitsAggregate(operand.left, binds);
}

function literalText(literal: Literal, binds: Bracketing): string {
  switch (literal.kind) {
    case "predicate":
      return predicateText(literal, binds);
    case "condition":
      return expressionText(literal.test, binds);
    case "assign":
      return `${literal.target.name} := ${expressionText(literal.value, binds)}`;
    case "member":
      return `${expressionText(literal.pattern, binds)} <- ${expressionText(literal.list, binds)}`;
  }
}

function predicateText({ negated, isFailure, atom, timeout }: PredicateLiteral, binds: Bracketing): string {
  const text = atomText(atom, binds);
  const called = isFailure ? `${atom.name.text}!fail${text.slice(atom.name.text.length)}` : text;
  const limit = timeout === undefined ? "" : ` timeout(${expressionText(timeout, binds)})`;
  return `${negated ? "!" : ""}${called}${limit}`;
}

function expressionText(expression: Expression, binds: Bracketing): string {
  switch (expression.kind) {
    case "variable":
      return expression.name;
    case "wildcard":
      return "_";
    case "constant":
      return expression.text;
    case "list":
      return `[${listText(expression.items, binds)}]`;
    case "call":
      return `${expression.name.text}(${listText(expression.args, binds)})`;
    case "unary":
      return unaryText(expression, binds);
    case "binary":
      return binaryText(expression, binds);
    case "interval":
      return intervalText(expression, binds);
    case "conditional": {
      const test = bracketed(expression.test, 1, binds);
      return `${test} ? ${expressionText(expression.yes, binds)} : ${expressionText(expression.no, binds)}`;
    }
    case "address":
      return addressText(expression, binds);
  }
}

function listText(items: readonly Expression[], binds: Bracketing): string {
  return items.map((item) => expressionText(item, binds)).join(", ");
}

function unaryText({ operator, operand }: Unary, binds: Bracketing): string {
  return `${operator}${bracketed(operand, TIGHTEST, binds)}`;
}

function binaryText({ operator, left, right }: Binary, binds: Bracketing): string {
  const level = binds(operator);
  // All operators associate to the left: what stands right must bind more tightly.
  return `${bracketed(left, level || 1, binds)} ${operator} ${bracketed(right, level + 1, binds)}`;
}

function intervalText(interval: Interval, binds: Bracketing): string {
  const value = bracketed(interval.value, binds("in") || 1, binds);
  const low = expressionText(interval.low, binds);
  const high = expressionText(interval.high, binds);
  return `${value} in ${interval.includesLow ? "[" : "("}${low}, ${high}${interval.includesHigh ? "]" : ")"}`;
}

/** The text, in brackets unless it binds at least as tightly as `level`. */
function bracketed(expression: Expression, level: number, binds: Bracketing): string {
  const text = expressionText(expression, binds);
  return tightness(expression, binds) >= level ? text : `(${text})`;
}

function tightness(expression: Expression, binds: Bracketing): number {
  switch (expression.kind) {
    case "conditional":
      return 0;
    case "binary":
      return binds(expression.operator);
    case "interval":
      return binds("in");
    default:
      return TIGHTEST;
  }
}

function addressText({ overlay, node, options }: AddressExpression, binds: Bracketing): string {
  if (options.length === 0 && standsAlone(node)) return `${overlay.text}::${expressionText(node, binds)}`;
  return `${overlay.text}::(${listText([node, ...options], binds)})`;
}

/** What needs no brackets behind `::`. A call does, since in a location its bracket would begin the arguments. */
function standsAlone(node: Expression): boolean {
  if (node.kind === "constant") return !node.text.startsWith("-");
  return node.kind === "variable" || node.kind === "wildcard" || node.kind === "list" || node.kind === "address";
}
