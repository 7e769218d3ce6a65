/*
 * The syntax tree. The parser builds it, print.ts turns it back into text, and src/0-load and src/1-check read it. Each node
 * has the span of its source text. Optional parts are undefined if they were not written.
 */
import type { Name, Span } from "./span.ts";

/** Parsed file: its statements in the order of the text. Names are not qualified yet, and nothing is checked. */
export interface FileTree {
  readonly file: string;
  readonly statements: readonly Statement[];
  /** Table that `#pragma neighbours` names. Its rows list the neighbours to which OverLog's `@Broadcast` sends. */
  readonly neighbours?: string;
}

export type Statement =
  | Rule
  | Fact
  | Materialize
  | OverlayDeclaration
  | ImportDeclaration
  | AcceptDeclaration
  | Signature
  | ViewDefinition
  | Watch;

/** `label: head :- body.`, or `delete head :- body.` (`isDelete`), which deletes the rows it derives. */
export interface Rule {
  readonly kind: "rule";
  readonly label: Name | undefined;
  readonly isDelete: boolean;
  readonly head: Atom;
  readonly body: readonly Literal[];
  readonly span: Span;
}

/** `p("a", 1).` */
export interface Fact {
  readonly kind: "fact";
  readonly label: Name | undefined;
  readonly atom: Atom;
  readonly span: Span;
}

/** `materialize(name, lifetime, size, keys(1,2), evict max(3)).` Columns are numbered from 1, as written. */
export interface Materialize {
  readonly kind: "materialize";
  readonly name: Name;
  readonly lifetime: Expression;
  readonly size: Expression;
  readonly keys: readonly KeyColumn[];
  readonly evict: Evict | undefined;
  readonly span: Span;
}

export interface KeyColumn {
  readonly column: number;
  readonly span: Span;
}

export type Evict =
  | { readonly policy: "fifo"; readonly span: Span }
  | { readonly policy: "max" | "min"; readonly column: number; readonly span: Span };

/** `overlay ron.` */
export interface OverlayDeclaration {
  readonly kind: "overlay";
  readonly name: Name;
  readonly span: Span;
}

/** `import "f.mzl" as y.` */
export interface ImportDeclaration {
  readonly kind: "import";
  readonly path: Name;
  readonly as: Name | undefined;
  readonly span: Span;
}

/**
 * `accept p(src, int(0, 9)) insert from member rate 10 rows 100.` A declaration that names neither `insert` nor `delete` permits both, and
 * has none of the other options.
 */
export interface AcceptDeclaration {
  readonly kind: "accept";
  readonly name: Name;
  readonly types: readonly AcceptedType[];
  readonly insert: boolean;
  readonly remove: boolean;
  /** Table with the names of the senders in its first column; `any` also admits tuples whose sender is unknown. */
  readonly from: Name | undefined;
  /** Tuples a second of one sender. */
  readonly rate: Expression | undefined;
  /** Rows of one sender. */
  readonly rows: Expression | undefined;
  readonly span: Span;
}

/** Type of an argument in an `accept`. The name of a list type is `list`. */
export type AcceptedType = { readonly name: Name; readonly span: Span } & (
  | { readonly kind: "named" }
  /** `int(0, 9)`, `number(0, 1)` or `string(64)`. */
  | { readonly kind: "bounded"; readonly bounds: readonly Expression[] }
  /** `list(T)`: a list of any length. */
  | { readonly kind: "list"; readonly item: AcceptedType }
  /** `list[T1, T2]`: a list of exactly these items. */
  | { readonly kind: "items"; readonly items: readonly AcceptedType[] }
);

/** `ron.RT(addr, addr).` */
export interface Signature {
  readonly kind: "signature";
  readonly name: Name;
  readonly types: readonly Name[];
  readonly span: Span;
}

/** `watch(p).` or `watchmod(p, "idrcs").` */
export interface Watch {
  readonly kind: "watch";
  readonly name: Name;
  readonly modes: string | undefined;
  readonly span: Span;
}

/** `def v@At(In, &Out) timeout(3) many { rules }` */
export interface ViewDefinition {
  readonly kind: "view";
  readonly name: Name;
  /** Location of `this.init`. */
  readonly location: Expression | undefined;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly timeout: Expression | undefined;
  readonly many: boolean;
  readonly body: readonly (Rule | Materialize)[];
  readonly span: Span;
}

/** Predicate with arguments, in a body, as a head, or as a fact. `span` extends from the name to the closing bracket. */
export interface Atom {
  readonly name: Name;
  /** Location in `p@Loc(..)`, where it is not an argument. */
  readonly location: Expression | undefined;
  /** Index of the argument that is also the location, as in `p(.., @Loc, ..)`. */
  readonly locatedArgument: number | undefined;
  readonly args: readonly Argument[];
  readonly span: Span;
}

export type Argument = Expression | ReturnArgument;

/** `&R` in a view call, or `&_` to ignore the value. */
export interface ReturnArgument {
  readonly kind: "return";
  /** Undefined for `&_`. */
  readonly name: string | undefined;
  readonly span: Span;
}

export type AggregateFunction = "min" | "max" | "count" | "countDistinct" | "sum" | "avg" | "list" | "set" | "union";

/**
 * `min<X>`; `count<*>` has no operand. Only the arguments of heads contain aggregates, and the operand of an aggregate contains none.
 * The parser maps OverLog's names to these functions.
 */
export interface Aggregate {
  readonly kind: "aggregate";
  readonly function: AggregateFunction;
  readonly operand: Expression | undefined;
  readonly span: Span;
}

export type Literal = PredicateLiteral | Condition | Assignment | Membership;

/** `p(..)`, `!p(..)`, a view call `v(In, &Out)`, or `v!fail(In, Reason)`. */
export interface PredicateLiteral {
  readonly kind: "predicate";
  readonly negated: boolean;
  /** True for `v!fail(..)`, the event that a call of the view failed. */
  readonly isFailure: boolean;
  readonly atom: Atom;
  /** Limit of this call, as in `v(In, &Out) timeout(200ms)`. */
  readonly timeout: Expression | undefined;
  /** Pattern for the outcome of this call, as in `v(In, &Out) outcome(Why)`. The outcome is null after a return, else a reason. */
  readonly outcome: Expression | undefined;
  readonly span: Span;
}

export interface Condition {
  readonly kind: "condition";
  readonly test: Expression;
  readonly span: Span;
}

/** `Var := value` */
export interface Assignment {
  readonly kind: "assign";
  readonly target: Variable;
  readonly value: Expression;
  /** Type that the value must have, as a `ColumnType`; set for inputs of socket calls. */
  readonly required?: number | undefined;
  readonly span: Span;
}

/** `X <- List`, `[A, B, _] <- List` or `pay(A, _) <- Packet`: holds once for each element that matches the pattern. */
export interface Membership {
  readonly kind: "member";
  readonly pattern: Expression;
  readonly list: Expression;
  readonly span: Span;
}

export type Expression =
  | Variable
  | Wildcard
  | Constant
  | ListExpression
  | Unary
  | Binary
  | Conditional
  | FunctionCall
  | PacketExpression
  | Interval
  | Aggregate
  | AddressExpression;

export interface Variable {
  readonly kind: "variable";
  readonly name: string;
  /** Text that messages show instead of the name: the aggregate whose value a variable of the compiler holds. */
  readonly shownAs?: string;
  readonly span: Span;
}

/** `_` */
export interface Wildcard {
  readonly kind: "wildcard";
  readonly span: Span;
}

/** Value of a literal. A bigint is a 160-bit id; `infinity` is the number Infinity. */
export type ConstantValue = null | boolean | number | string | bigint | Uint8Array;

export interface Constant {
  readonly kind: "constant";
  readonly value: ConstantValue;
  /** Source text such as `20ms` or `0x1fI`. The printer writes it unchanged. */
  readonly text: string;
  readonly span: Span;
}

/** `[A, B]`, or `[A, B | Rest]`: A and B followed by the items of the list `Rest`. */
export interface ListExpression {
  readonly kind: "list";
  readonly items: readonly Expression[];
  readonly tail?: Expression | undefined;
  readonly span: Span;
}

export type UnaryOperator = "-" | "!" | "~";

export interface Unary {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly span: Span;
}

export type BinaryOperator =
  | "||"
  | "&&"
  | "|"
  | "^"
  | "&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "<<"
  | ">>"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Set by `1-check/overlog-values.ts` if the operator means something else in OverLog than in Mozlog. */
  readonly isOverlog?: true;
  readonly span: Span;
}

/** `test ? yes : no` */
export interface Conditional {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly yes: Expression;
  readonly no: Expression;
  readonly span: Span;
}

export interface FunctionCall {
  readonly kind: "call";
  readonly name: Name;
  readonly args: readonly Expression[];
  /** Set by `1-check/overlog-values.ts` if the function means something else in OverLog than in Mozlog. */
  readonly isOverlog?: true;
  readonly span: Span;
}

/**
 * `pay(1, X)` as a value or a pattern: a packet that holds a tuple of the predicate `pay`. The parser reads it as a `FunctionCall`, and
 * resolve-names turns calls of predicates into packets.
 */
export interface PacketExpression {
  readonly kind: "packet";
  /** The predicate. */
  readonly name: Name;
  readonly args: readonly Expression[];
  /** For each argument, the type that is checked when the packet is built, as a `ColumnType`; 0 for no check. Set by `3-plan`. */
  readonly required?: readonly number[] | undefined;
  readonly span: Span;
}

/** `X in (A, B]` */
export interface Interval {
  readonly kind: "interval";
  readonly value: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly includesLow: boolean;
  readonly includesHigh: boolean;
  /** Set for OverLog, where intervals of numbers and strings lie on a ring, as intervals of ids do. */
  readonly isOverlog?: true;
  readonly span: Span;
}

/** `ov::node`, `ov::(node, option, ..)` or `sr::[a, b]`. An address without an overlay is just its node expression. */
export interface AddressExpression {
  readonly kind: "address";
  /** Name in lower case, even if the program wrote capitals. */
  readonly overlay: Name;
  /** A `ListExpression` in `sr::[..]`, or another `AddressExpression` in a nested address. */
  readonly node: Expression;
  readonly options: readonly Expression[];
  readonly span: Span;
}
