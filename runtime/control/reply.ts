import type { MetricsSnapshot } from "../observe/metrics-snapshot.ts";
import type { SwapReport } from "../node/program-swap.ts";
import type { JsonValue } from "../observe/watch.ts";
import type { RequestId } from "./request.ts";

/** One line from a node. A request gets any number of parts, then one end: `ok` says which of the two an end is. */
export type Reply = ReplyPart | Done | RequestError;

/** More is to come. */
export type ReplyPart =
  | { readonly id: RequestId; readonly columns: readonly string[] }
  | { readonly id: RequestId; readonly rows: readonly (readonly JsonValue[])[] }
  | { readonly id: RequestId; readonly figures: MetricsSnapshot; readonly control: ControlMetrics }
  /** What became of the tables, and the files that are loaded now. */
  | { readonly id: RequestId; readonly succession: SwapReport; readonly files: readonly string[] }
  /** The trace has begun. */
  | { readonly id: RequestId; readonly tracing: true }
  | { readonly id: RequestId; readonly seen: TraceLine }
  /** So much was seen and not sent, because the client did not read. */
  | { readonly id: RequestId; readonly missed: number };

/** The control interface in numbers. Plain data that survives JSON. */
export interface ControlMetrics {
  /** Clients so far. */
  readonly clients: number;
  readonly requests: number;
  /** Requests of which nothing was done, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** One line of a trace. */
export interface TraceLine {
  /** Seconds since the node started. */
  readonly t: number;
  /**
   * `crossing`: a tuple crosses an edge of the graph. `derived`: a table that rules define gains (`+`) or loses (`-`) a
   * row. `dropped`: the element `from` drops what reached it last. `undone`: the step was taken back.
   */
  readonly kind: "crossing" | "derived" | "dropped" | "undone";
  /** The nodes of the graph, and the port of the first, for a crossing. */
  readonly from?: string;
  readonly port?: string;
  readonly to?: string;
  /** The rule that a crossing comes from, or goes to, or that passed a limit. */
  readonly rule?: string;
  /** A row is deleted. */
  readonly op?: "+" | "-";
  /** Name and arguments; with the form `text`, as one string. */
  readonly tuple?: readonly JsonValue[] | string;
  readonly loc?: string;
  /** The predicate of a packet within the tuple that is still closed. */
  readonly carries?: string;
  readonly reason?: string;
}

/** The request was done. */
export interface Done {
  readonly id: RequestId;
  readonly ok: true;
  /** How many rows there were, for a query. */
  readonly count?: number;
}

/** Nothing was done. */
export interface RequestError {
  readonly id: RequestId;
  readonly ok: false;
  readonly error: {
    readonly reason: RequestErrorReason;
    /** One sentence. */
    readonly message: string;
    /** Diagnostics with their places, where the text of the request is wrong. */
    readonly text?: string;
  };
}

export type RequestErrorReason =
  /** The line is no request. */
  | "malformed"
  | "too long"
  | "version"
  /** The text of the request does not compile. */
  | "program"
  /** The node passed a limit; it is as it was before. */
  | "limit"
  /** The node has too many clients, or too many requests of this one are waiting. */
  | "busy";
