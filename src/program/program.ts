import type { Atom, Expression, Literal, Variable } from "../../grammar/ast.ts";
import type { Unparsed } from "../../grammar/unparsed.ts";
import type { Span } from "../../grammar/span.ts";

/**
 * A program whose names are whole: every predicate is qualified with its overlay instance, every import is in.
 * What the phases of `1-check` read, and what they leave untouched.
 */
export interface Program {
  readonly overlays: readonly OverlayInstance[];
  readonly tables: ReadonlyMap<string, TableDeclaration>;
  readonly rules: readonly ProgramRule[];
  readonly facts: readonly ProgramFact[];
  readonly views: ReadonlyMap<string, View>;
  readonly accepts: readonly Accept[];
  readonly signatures: readonly TypeSignature[];
  readonly watches: readonly WatchRequest[];
  /** Names whose statements were not understood: whether what is declared is a table or a view is not known. */
  readonly unparsed: ReadonlyMap<string, Unparsed>;
}

export interface OverlayInstance {
  readonly name: string;
  readonly span: Span;
}

export interface TableDeclaration {
  readonly name: string;
  /** Seconds. */
  readonly lifetime: number;
  readonly size: number;
  /** 0-based. */
  readonly keys: readonly number[];
  readonly keySpans: readonly Span[];
  readonly evict: { readonly policy: "fifo" } | { readonly policy: "max" | "min"; readonly column: number };
  /** The column that holds when the row goes at the latest, in seconds on the node's clock. */
  readonly endsAt?: number | undefined;
  /** The size is that of the rows with one value in this column. */
  readonly sizePer?: number | undefined;
  /** Derivations that are refreshed no more give way to those that are, and are none in the end. */
  readonly hasExpiringDerivations?: boolean | undefined;
  /** Holds what something other than a rule has put into the table of this name. */
  readonly baseOf?: string | undefined;
  readonly span: Span;
}

export interface ProgramRule {
  /** Unique in the program; what messages and traces call the rule. */
  readonly name: string;
  /** The overlay instance whose file holds the rule. */
  readonly overlay: string | undefined;
  /** The view whose definition holds the rule. */
  readonly view: string | undefined;
  /** OverLog: the network may raise its event whoever else does, and a refreshed row of soft state makes it run again. */
  readonly isOverlog: boolean;
  readonly isDelete: boolean;
  readonly head: Atom;
  readonly body: readonly Literal[];
  readonly span: Span;
}

/** A location in the atom names the one node that has the fact. */
export interface ProgramFact {
  readonly overlay: string | undefined;
  readonly atom: Atom;
  readonly span: Span;
}

/** `def name(inputs, &outputs)`. Its rules are among the program's, marked with `view`. */
export interface View {
  readonly name: string;
  readonly location: Expression | undefined;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  /** Seconds. */
  readonly timeout: number;
  readonly many: boolean;
  /** The node itself answers its calls: there are no rules. */
  readonly isBuiltin: boolean;
  readonly span: Span;
}

export interface Accept {
  readonly name: string;
  readonly types: readonly string[];
  readonly insert: boolean;
  readonly remove: boolean;
  readonly span: Span;
}

export interface TypeSignature {
  readonly name: string;
  readonly types: readonly string[];
  readonly span: Span;
}

export interface WatchRequest {
  readonly name: string;
  readonly modes: string;
  readonly span: Span;
}
