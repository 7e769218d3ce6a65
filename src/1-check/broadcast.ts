/**
 * broadcast: the locations `@Broadcast` and `@Local` of RapidNet, in heads of rules whose body does not bind these variables.
 * Called by `read-overlog.ts`.
 *
 *   h(@Local, Y) :- e(@X, Y).          h(@X, Y) :- e(@X, Y).
 *   h(@Broadcast, Y) :- e(@X, Y).      h(@Broadcast, Y) :- e(@X, Y), link(@X, Broadcast, _).
 */
import type { Atom, Expression, Literal, Rule } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { LOCAL_ADDRESS } from "../program/builtin.ts";
import { rewriteAtom, rewriteLiteral } from "../program/rewrite-expression.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";

const BROADCAST = "Broadcast";
const LOCAL = "Local";

/** The table of neighbours of a file, and its number of columns. */
export interface Neighbours {
  readonly table: string | undefined;
  readonly columns: number;
}

/** Replaces `@Broadcast` or `@Local` in the head of a rule. The atoms of `rule` must already be in the notation of Mozlog. */
export function withLocation(rule: Rule, neighbours: Neighbours, diagnostics: Diagnostic[]): Rule {
  const location = locationOf(rule.head);
  if (location?.kind !== "variable" || isBound(location.name, rule)) return rule;
  if (location.name === LOCAL) return here(rule);
  if (location.name !== BROADCAST) return rule;
  const { table, columns } = neighbours;
  if (table === undefined || columns < 2) {
    diagnostics.push(report("E0271", location.span, {}));
    const { span } = location;
    const nowhere: Expression = { kind: "constant", value: null, text: "null", span };
    return { ...rule, body: [...rule.body, { kind: "assign", target: location, value: nowhere, span }] };
  }
  return { ...rule, body: [...rule.body, neighbourLiteral(rule, location, table, columns)] };
}

/** Replaces `Local` by the location of the body. If the body has no location, binds `Local` to the address of the node. */
function here(rule: Rule): Rule {
  const location = bodyLocation(rule);
  const { span } = rule.head;
  if (location === undefined) {
    const own = literalOf({ kind: "variable", name: LOCAL, span }, LOCAL_ADDRESS);
    return { ...rule, body: [...rule.body, own] };
  }
  const replace = (part: Expression): Expression => (part.kind === "variable" && part.name === LOCAL ? location : part);
  return {
    ...rule,
    head: rewriteAtom(rule.head, replace),
    body: rule.body.map((literal) => rewriteLiteral(literal, replace)),
  };
}

/** `link(@X, Broadcast, _, ..)` */
function neighbourLiteral(rule: Rule, location: Expression, table: string, columns: number): Literal {
  const { span } = location;
  const any: Expression = { kind: "wildcard", span };
  const node = bodyLocation(rule) ?? any;
  const rest = Array.from({ length: columns - 2 }, () => any);
  const atom = { ...atomOf(table, [node, location, ...rest], location), locatedArgument: node === any ? undefined : 0 };
  return { kind: "predicate", negated: false, isFailure: false, atom, timeout: undefined, outcome: undefined, span };
}

function literalOf(argument: Expression, name: string): Literal {
  const atom = atomOf(name, [argument], argument);
  return {
    kind: "predicate",
    negated: false,
    isFailure: false,
    atom,
    timeout: undefined,
    outcome: undefined,
    span: argument.span,
  };
}

function atomOf(name: string, args: readonly Expression[], { span }: Expression): Atom {
  return { name: { text: name, span }, location: undefined, locatedArgument: undefined, args, span };
}

/** Location of the first literal of the body that has one. */
function bodyLocation({ body }: Rule): Expression | undefined {
  const located = body.filter(isPredicate).map(({ atom }) => locationOf(atom));
  return located.find((location) => location?.kind === "variable");
}

function locationOf({ location, locatedArgument, args }: Atom): Expression | undefined {
  const argument = locatedArgument === undefined ? undefined : args[locatedArgument];
  if (argument === undefined || argument.kind === "return" || argument.kind === "aggregate") return location;
  return argument;
}

function isBound(name: string, { body }: Rule): boolean {
  const bindings = body.filter((literal) => literal.kind !== "condition");
  return bindings
    .flatMap(expressionsOfLiteral)
    .flatMap(variablesIn)
    .some((one) => one.name === name);
}
