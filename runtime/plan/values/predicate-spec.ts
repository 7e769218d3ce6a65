import type { ValueType } from "./value-type.ts";
import type { SocketEvent, SocketView } from "./socket-view.ts";

/**
 * Description of a predicate by the compiler. Part of the plan; it is declared here because every tuple refers to its predicate, and
 * a tuple can be a value.
 */
export interface PredicateSpec {
  /** Index in `Plan.predicates`. */
  readonly id: number;
  /** Qualified name: `ron.RT`. */
  readonly name: string;
  readonly arity: number;
  /** Undefined for an event. */
  readonly table: TableSpec | undefined;
  /** Who consumes tuples of this predicate: the rules, a device, an overlay, or the runtime itself. */
  readonly role: PredicateRole;
  readonly wire: WireSpec;
  /** Present if the program states what the network may send. */
  readonly accepts?: readonly AcceptSpec[];
  /** Kinds of values that each column admits, as a `ColumnType`. */
  readonly columns: readonly number[];
  /** Types that a signature declares for the columns, 0 for a column of `any`. Absent without a signature. */
  readonly signature?: readonly number[];
  /** Changes to print, as letters of the `watchmod` statement. Empty if none are printed. */
  readonly watch: string;
}

export type PredicateRole =
  | { readonly kind: "plain" }
  /**
   * Result or end of a view call, with the query id as first argument. `isFirstOnly`: of several tuples with the same id, only the first
   * counts.
   */
  | { readonly kind: "answer"; readonly isFirstOnly: boolean }
  | { readonly kind: "tun" | "tap" }
  /** The head `packet@To(P)`: LocSpecDemux sends the tuple in the packet P instead. */
  | { readonly kind: "packet" }
  | (SocketView & { readonly event: SocketEvent })
  /** The event of a UDP datagram, and the head that sends one. */
  | { readonly kind: "udpRecv" | "udpSend" }
  /** Event that a TCP socket has been closed. */
  | { readonly kind: "tcpClosed" }
  /** Messages of ViewChannel: rows for another node (`?rows`), and their acknowledgement (`?heard`). */
  | { readonly kind: "rows" | "ack" }
  | { readonly kind: "send" | "recv"; readonly overlay: string }
  /** The table `localAddr` of an overlay instance, or of the node itself when `overlay` is undefined. */
  | { readonly kind: "localAddr"; readonly overlay: string | undefined }
  /** Table of all addresses that rules over tables and facts derive for an instance. `localAddr` of the instance holds the smallest. */
  | { readonly kind: "addressesOf"; readonly overlay: string | undefined }
  /** Table of the endpoint names that an instance answers to, a source of its table `localAddrs`. The node fills this table. */
  | { readonly kind: "localNames"; readonly overlay: string | undefined }
  /** Table of the addresses of the host by device, the source of the table `hostAddr`. The node fills this table. */
  | { readonly kind: "hostAddresses" }
  /** The table of the names of this node in an overlay. */
  | { readonly kind: "self"; readonly overlay: string }
  /** Event that the address of an instance has changed. */
  | { readonly kind: "rebound"; readonly overlay: string | undefined };

/** Wire hashes of a predicate, and the forms that the node accepts from the network. Nothing is accepted by default. */
export interface WireSpec {
  /** Hash of an event, or of an insertion. */
  readonly tuple: number;
  /** Hash of a deletion. 0 for an event. */
  readonly remove: number;
  readonly acceptTuple: boolean;
  readonly acceptRemove: boolean;
}

/** An `accept` of a predicate: tuples that the network may raise, insert or delete. A predicate with several admits the tuples of each. */
export interface AcceptSpec {
  /** One per column. */
  readonly types: readonly ValueType[];
  readonly insert: boolean;
  readonly remove: boolean;
  /** Senders: any peer that the node trusts, also unknown ones (`any`), or those in the first column of a table, by predicate. */
  readonly from: "peers" | "any" | number;
  /** Greatest number of tuples a second of one sender. */
  readonly rate: number | undefined;
  /** Greatest number of rows of one sender. */
  readonly rows: number | undefined;
}

export interface TableSpec {
  /** Seconds. Infinity for a table without lifetime. */
  readonly lifetime: number;
  /** Largest number of rows. Infinity for a table without limit. */
  readonly size: number;
  /** Columns of the primary key, from 0. If empty, every insertion adds a row, except in a table without columns. */
  readonly keys: readonly number[];
  readonly evict: { readonly policy: "fifo" } | { readonly policy: "max" | "min"; readonly column: number };
  /** Column with the time at which a row expires at the latest, in seconds on the node's clock. */
  readonly endsAt?: number | undefined;
  /** Column by which `size` is applied: each value of the column may have that many rows. */
  readonly sizePer?: number | undefined;
  /**
   * Whether derivations that were not refreshed within the lifetime stop supporting a row. Among the derivations of one key, those
   * that were refreshed within half of the lifetime take precedence.
   */
  readonly hasExpiringDerivations?: boolean | undefined;
  /** Derived table whose base rows this table holds: the rows that events, facts or the network inserted. */
  readonly baseOf?: number | undefined;
  /** Column lists for which the table has an index. */
  readonly indexes: readonly (readonly number[])[];
  /**
   * Whether rules over tables fill the table: not at all (`none`), alone (`pure`), or together with events, facts or the network
   * (`mixed`).
   */
  readonly derived: "none" | "pure" | "mixed";
  /** Whether some rule of a derived table subscribes to refreshes of rows of this table. */
  readonly notifiesRefreshes: boolean;
}

/**
 * Whether the rows of a table have a primary key. The primary key of a table without columns is empty, so this table holds at most one
 * row.
 */
export function isKeyed(arity: number, { keys }: Pick<TableSpec, "keys">): boolean {
  return keys.length > 0 || arity === 0;
}
