import type {
  Argument,
  Atom,
  BinaryOperator,
  Expression,
  FunctionCall,
  Literal,
  PredicateLiteral,
} from "../../grammar/ast.ts";
import type { Name, Span } from "../../grammar/span.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";
import type {
  Accept,
  OverlayInstance,
  ProgramFact,
  TableDeclaration,
  TypeSignature,
  WatchRequest,
} from "../program/program.ts";

/** The program after its views are expanded and its rules are at one place: plain tables, events and rules. */
export interface CoreProgram {
  readonly overlays: readonly OverlayInstance[];
  readonly tables: ReadonlyMap<string, TableDeclaration>;
  /** Arguments each predicate has. */
  readonly arities: ReadonlyMap<string, number>;
  readonly rules: readonly CoreRule[];
  readonly channels: readonly CoreChannel[];
  /** Events that are answers of calls: the first that has the query in its first argument counts. */
  readonly answers: ReadonlySet<string>;
  readonly facts: readonly ProgramFact[];
  readonly accepts: readonly Accept[];
  readonly signatures: readonly TypeSignature[];
  readonly watches: readonly WatchRequest[];
}

/**
 * Two hidden tables that are kept the same across the network: a row of `outlet` names a node, and the rest of it is in
 * `inlet` there, behind the name of the node it came from.
 */
export interface CoreChannel {
  readonly outlet: string;
  readonly inlet: string;
  /** The table the rows are for. */
  readonly table: string;
}

export interface CoreRule {
  /** The rule of the user it was made from. */
  readonly name: string;
  readonly overlay: string | undefined;
  readonly span: Span;
  /** OverLog: the network may raise its event, and what the event does not say comes from the row that wins. */
  readonly isOverlog: boolean;
  readonly isDelete: boolean;
  /** A location is there only when the tuple may have to travel. */
  readonly head: Atom;
  /** Without the trigger. No calls, no locations. */
  readonly body: readonly Literal[];
  readonly trigger: CoreTrigger;
  /** Variables whose values are drawn when a derivation appears, and kept with it. */
  readonly memoised?: ReadonlySet<string> | undefined;
  /** Columns that group what an aggregate is over, where the keys of the head's table do not say so. */
  readonly groupKeys?: readonly number[] | undefined;
  /** Its rows carry their proofs: of what an aggregate is over, the row that wins alone refreshes the result. */
  readonly hasProofs?: boolean | undefined;
}

export type CoreTrigger =
  /** The literal is an event, or a row that the last commit added to its table, refreshed there, or took from it. */
  | { readonly kind: "event" | RowEvent; readonly literal: PredicateLiteral }
  /** The rule defines a table and is maintained. */
  | { readonly kind: "maintained" };

/** Functions of the engine that only expansion writes; no program can name them. */
export const LOCAL_ADDRESS_FUNCTION = "$localAddress";
export const FRESH_QUERY_FUNCTION = "$freshQuery";

export function nameAt(text: string, span: Span): Name {
  return { text, span };
}

export function variableAt(name: string, span: Span): Expression {
  return { kind: "variable", name, span };
}

export function constantAt(value: string | number | null, span: Span): Expression {
  return { kind: "constant", value, text: JSON.stringify(value), span };
}

export function callAt(name: string, args: readonly Expression[], span: Span): FunctionCall {
  return { kind: "call", name: nameAt(name, span), args, span };
}

export function binaryAt(operator: BinaryOperator, left: Expression, right: Expression, span: Span): Expression {
  return { kind: "binary", operator, left, right, span };
}

export function atomAt(name: string, args: readonly Argument[], span: Span, location?: Expression): Atom {
  return { name: nameAt(name, span), location, locatedArgument: undefined, args, span };
}

export function literalAt(atom: Atom): PredicateLiteral {
  return { kind: "predicate", negated: false, isFailure: false, atom, timeout: undefined, span: atom.span };
}

export function assignAt(name: string, value: Expression): Literal {
  return { kind: "assign", target: { kind: "variable", name, span: value.span }, value, span: value.span };
}

/** `localAddr` of an overlay as an expression: its first address. */
export function localAddressAt(overlay: string | undefined, span: Span): Expression {
  return callAt(LOCAL_ADDRESS_FUNCTION, [constantAt(overlay ?? null, span)], span);
}
