import type { StreamCall, StreamEvent } from "./stream-call.ts";

export interface PredicateSpec {
  /** The index in `Plan.predicates`. */
  readonly id: number;
  /** Qualified: `ron.RT`. */
  readonly name: string;
  readonly arity: number;
  /** Undefined for an event. */
  readonly table: TableSpec | undefined;
  /** Which strand takes tuples of it that are nobody's rule: devices and overlays have their own. */
  readonly role: PredicateRole;
  readonly wire: WireSpec;
  /** What may be in each column, as bits of `typeBit`; 0 is anything. */
  readonly columns: readonly number[];
  /** What to print when it changes: letters of `watchmod`, empty for nothing. */
  readonly watch: string;
}

export type PredicateRole =
  | { readonly kind: "plain" }
  /** The answer of a call: of those with one query in their first argument, the first of a step counts. */
  | { readonly kind: "answer" }
  | { readonly kind: "tun" }
  /** A call of TCP, or that a socket has come to its end. */
  | { readonly kind: "tcp"; readonly call: StreamCall; readonly event: StreamEvent }
  | { readonly kind: "tcpClosed" }
  /** What nodes say to keep the rows of channels: some of them, and how much was heard. */
  | { readonly kind: "rows" | "ack" }
  | { readonly kind: "send" | "recv"; readonly overlay: string }
  /** `localAddr` of an overlay instance; the node's own when `overlay` is undefined. */
  | { readonly kind: "localAddr"; readonly overlay: string | undefined };

/** How a predicate appears in datagrams, and which of its forms the network may bring (default deny). */
export interface WireSpec {
  /** The hash of an event, or of an insertion. */
  readonly tuple: number;
  /** The hash of a deletion; 0 for an event. */
  readonly remove: number;
  readonly acceptTuple: boolean;
  readonly acceptRemove: boolean;
}

export interface TableSpec {
  /** Seconds; Infinity for ever. */
  readonly lifetime: number;
  readonly size: number;
  /** 0-based columns of the primary key; empty: every insert is a row of its own. */
  readonly keys: readonly number[];
  readonly evict: { readonly policy: "fifo" } | { readonly policy: "max" | "min"; readonly column: number };
  /** The column that holds when the row goes at the latest, in seconds on the node's clock. */
  readonly endsAt?: number | undefined;
  /** The size is that of the rows with one value in this column. */
  readonly sizePer?: number | undefined;
  /**
   * Of the derivations of a key only those count that were refreshed within the lifetime; before others those that were
   * within half of it.
   */
  readonly hasExpiringDerivations?: boolean | undefined;
  /** Holds the rows that something other than a view rule has put into this predicate's table. */
  readonly baseOf?: number | undefined;
  /** Column lists that strands look rows up by. */
  readonly indexes: readonly (readonly number[])[];
  readonly derived: "none" | "pure" | "mixed";
  /** Some view must hear of rows that are only refreshed. */
  readonly notifiesRefreshes: boolean;
}
