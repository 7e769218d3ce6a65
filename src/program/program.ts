import type { AcceptDeclaration, Atom, Expression, Literal, Variable } from "../../grammar/ast.ts";
import type { Unparsed } from "../../grammar/unparsed.ts";
import type { ValueType } from "../../runtime/plan/values/value-type.ts";
import type { Span } from "../../grammar/span.ts";

/**
 * A program after name resolution: every predicate is qualified with its overlay instance and every import is included.
 * The checks of `1-check` read it and do not change it.
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
  /** Names in statements that could not be parsed. A declared name may be a table or a view. */
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
  /** Columns of the primary key, counted from 0. */
  readonly keys: readonly number[];
  readonly keySpans: readonly Span[];
  readonly evict: { readonly policy: "fifo" } | { readonly policy: "max" | "min"; readonly column: number };
  /** Column that bounds the lifetime of its row: the row expires no later than this time, in seconds of the node's clock. */
  readonly endsAt?: number | undefined;
  /** Column that partitions the table: `size` limits the number of rows with the same value in this column. */
  readonly sizePer?: number | undefined;
  /** A derivation that is no longer refreshed yields to a refreshed derivation with the same key, and finally expires. */
  readonly hasExpiringDerivations?: boolean | undefined;
  /** Name of the table of which this table holds the base rows: the rows that no rule derived. */
  readonly baseOf?: string | undefined;
  readonly span: Span;
}

export interface ProgramRule {
  /** Unique in the program; messages and traces use it. */
  readonly name: string;
  /** The overlay instance whose file contains the rule. */
  readonly overlay: string | undefined;
  /** The view whose definition contains the rule. */
  readonly view: string | undefined;
  /**
   * The rule is from an OverLog file: its event may come from the network even if local rules raise it, and a refreshed row triggers the
   * rule again.
   */
  readonly isOverlog: boolean;
  readonly isDelete: boolean;
  readonly head: Atom;
  readonly body: readonly Literal[];
  readonly span: Span;
}

/** A fact of every node, or of the one node that a location in the atom names. */
export interface ProgramFact {
  readonly overlay: string | undefined;
  readonly atom: Atom;
  readonly span: Span;
}

/** `def name(inputs, &outputs)`. Its rules are `Program.rules` with this name as `view`. */
export interface View {
  readonly name: string;
  readonly location: Expression | undefined;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  /** Seconds that a call waits for its return. */
  readonly timeout: number;
  readonly many: boolean;
  /** Implemented by the node instead of rules, as the views of TCP are. */
  readonly isBuiltin: boolean;
  readonly span: Span;
}

export interface Accept {
  readonly name: string;
  readonly types: readonly ValueType[];
  readonly insert: boolean;
  readonly remove: boolean;
  /** Senders: any peer that the node trusts, also unknown ones (`any`), or the names in the first column of a table. */
  readonly from: "peers" | "any" | { readonly table: string; readonly span: Span };
  /** Greatest number of tuples a second of one sender. */
  readonly rate: number | undefined;
  /** Greatest number of rows of one sender. */
  readonly rows: number | undefined;
  /** The statement as written, with qualified names. */
  readonly statement: AcceptDeclaration;
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
