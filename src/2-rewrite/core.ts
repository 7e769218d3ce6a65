import type {
  Argument,
  Assignment,
  Atom,
  BinaryOperator,
  Expression,
  FunctionCall,
  Literal,
  PredicateLiteral,
} from "../../grammar/ast.ts";
import type { Name, Span } from "../../grammar/span.ts";
import { localAddressTable } from "../program/builtin.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";
import type {
  Accept,
  OverlayInstance,
  ProgramFact,
  TableDeclaration,
  TypeSignature,
  WatchRequest,
} from "../program/program.ts";

/** The program as plain tables, events and rules: views are expanded, and every rule runs at one location. */
export interface CoreProgram {
  readonly overlays: readonly OverlayInstance[];
  readonly tables: ReadonlyMap<string, TableDeclaration>;
  /** Number of arguments of each predicate. */
  readonly arities: ReadonlyMap<string, number>;
  readonly rules: readonly CoreRule[];
  readonly channels: readonly CoreChannel[];
  /** Events that answer calls. Of several such events with the same query id (first argument), only the first has an effect. */
  readonly answers: ReadonlySet<string>;
  /** Results and ends of calls that are not inlined: `v.return`, `v.fail` and `v.done`. */
  readonly outcomes: ReadonlySet<string>;
  /** Order of calls, indexed by the predicate that begins the call: a context table, or the event `r?1.init` of an inlined call. */
  readonly calls: ReadonlyMap<string, CallOrder>;
  /** Context tables of calls. A rule that an answer triggers looks up the context row before it computes anything. */
  readonly contexts: ReadonlySet<string>;
  readonly facts: readonly ProgramFact[];
  readonly accepts: readonly Accept[];
  readonly signatures: readonly TypeSignature[];
  readonly watches: readonly WatchRequest[];
  /** Predicates that rules with errors fill. They may hold any values. */
  readonly open?: ReadonlySet<string> | undefined;
  /** Types of the columns of predicates that another program fills, as `ColumnType`s. For a query this is the program of the node. */
  readonly filled?: ReadonlyMap<string, readonly number[]> | undefined;
}

/** Order of the calls that begin in the same batch of events: by name, then by columns of the tuple that begins the call. */
export interface CallOrder {
  /** `r?1` for the first call of the rule `r`. */
  readonly name: string;
  /** Columns with the inputs of the call, then columns with the live variables. */
  readonly columns: readonly number[];
}

/**
 * Replication of hidden tables between nodes. The first column of an `outlet` row names the receiver. The receiver keeps the row in
 * `inlet`, with the sender in place of the first column.
 */
export interface CoreChannel {
  readonly outlet: string;
  readonly inlet: string;
  /** The table that the rows are derived for. */
  readonly table: string;
  /** Whether the rows end in the depth and the proof of a derivation (`prove-recursion.ts`). */
  readonly hasProofs?: boolean;
}

export interface CoreRule {
  /** Name of the source rule. */
  readonly name: string;
  readonly overlay: string | undefined;
  readonly span: Span;
  /** True in OverLog: the network may raise the event of the rule, and columns that this event does not bind come from the winning row. */
  readonly isOverlog: boolean;
  readonly isDelete: boolean;
  /** Has a location only if the derived tuple may be for another node. */
  readonly head: Atom;
  /** The literals besides the trigger, without calls and locations. */
  readonly body: readonly Literal[];
  readonly trigger: CoreTrigger;
  /** Variables whose values are computed once, when a derivation appears, and stored with the derivation. */
  readonly memoised?: ReadonlySet<string> | undefined;
  /** For each argument of the head, the type that is checked at run time, as a `ColumnType`; 0 if none is checked. Set by `3-plan`. */
  readonly required?: readonly number[] | undefined;
  /** Group columns of an aggregate, if they are not the keys of the head's table. */
  readonly groupKeys?: readonly number[] | undefined;
  /** Name of the predicate whose rule combines the aggregates of this rule in an expression. */
  readonly combinedIn?: string | undefined;
  /** True if the rows of the rule carry proofs (`prove-recursion.ts`). Then only the winning row of an aggregate refreshes the result. */
  readonly hasProofs?: boolean | undefined;
}

export type CoreTrigger =
  /** The literal matches an event, or a row that the last commit inserted, refreshed, expired or deleted. */
  | { readonly kind: "event" | RowEvent; readonly literal: PredicateLiteral }
  /** No trigger: the rule defines a derived table, which the engine maintains. */
  | { readonly kind: "maintained" };

/** Functions of the engine that only rewriting inserts; programs cannot name them. */
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
  return {
    kind: "predicate",
    negated: false,
    isFailure: false,
    atom,
    timeout: undefined,
    outcome: undefined,
    span: atom.span,
  };
}

export function assignAt(name: string, value: Expression): Assignment {
  return { kind: "assign", target: { kind: "variable", name, span: value.span }, value, span: value.span };
}

/** Builds an expression for the first address in the `localAddr` table of an overlay. */
export function localAddressAt(overlay: string | undefined, span: Span): Expression {
  return callAt(LOCAL_ADDRESS_FUNCTION, [constantAt(overlay ?? null, span)], span);
}

/** Returns the table whose address the expression is, if `localAddressAt` built it. */
export function addressTable(expression: Expression): string | undefined {
  if (expression.kind !== "call" || expression.name.text !== LOCAL_ADDRESS_FUNCTION) return undefined;
  const [overlay] = expression.args;
  const name = overlay?.kind === "constant" && typeof overlay.value === "string" ? overlay.value : undefined;
  return localAddressTable(name);
}
