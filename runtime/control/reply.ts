import type { MetricsSnapshot } from "../observe/metrics-snapshot.ts";
import type { SwapReport } from "../node/program-swap.ts";
import type { JsonDiagnostic } from "../observe/json-diagnostic.ts";
import type { WatchLine } from "../observe/watch.ts";
import type { JsonTuple, JsonValue } from "../plan/values/json-value.ts";
import type { QueryFailures } from "./query-failures.ts";
import type { RequestId } from "./request.ts";

/** One line from a node. The reply to a request is any number of parts and one end, which has the field `ok`. */
export type Reply = ReplyPart | Done | RequestError;

/** Part of a reply. */
export type ReplyPart =
  /** Head of the rows that follow: the name of their predicate (`query` for a rule body), and the names of the columns. */
  | { readonly id: RequestId; readonly name: string; readonly columns: readonly string[] }
  | { readonly id: RequestId; readonly rows: readonly (readonly JsonValue[])[] }
  | { readonly id: RequestId; readonly metrics: MetricsSnapshot; readonly control: ControlMetrics }
  | { readonly id: RequestId; readonly node: NodeDescription }
  /** Tables after a hot reload, and the files that are loaded now. */
  | { readonly id: RequestId; readonly swap: SwapReport; readonly files: readonly string[] }
  /** The trace is running. */
  | { readonly id: RequestId; readonly tracing: true }
  | { readonly id: RequestId; readonly seen: TraceLine }
  /** Number of trace lines that were not sent because the client did not read. */
  | { readonly id: RequestId; readonly missed: number };

/** A node as `mosaic ps` lists it. */
export interface NodeDescription {
  /** First name of the node, `host:port`. */
  readonly name: string;
  readonly pid: number;
  /** Program files. */
  readonly files: readonly string[];
  /** Bound address, numeric. */
  readonly listen: string;
  /** Name of the first device; null without one. */
  readonly device: string | null;
  /** Names of all devices, in the order of the command line. */
  readonly devices: readonly string[];
  /** Seconds since the node was created. */
  readonly uptime: number;
  readonly state: "running" | "stopping";
}

/** Metrics of the control interface. Plain data that JSON can represent. */
export interface ControlMetrics {
  /** Number of clients since the start. */
  readonly clients: number;
  readonly requests: number;
  /** Refused requests by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** One line of a trace. */
export interface TraceLine {
  readonly t: WatchLine["t"];
  readonly node: WatchLine["node"];
  /**
   * `crossing`: a tuple crosses an edge of the graph. `derived`: a row is inserted into a derived table (`+`) or deleted from it (`-`).
   * `dropped`: the element `from` drops the tuple that was the last to reach this element. `failed`: a derivation of the rule had no value.
   * `undone`: the step was undone.
   */
  readonly kind: "crossing" | "derived" | "dropped" | "failed" | "undone";
  /** Elements or strands at the two ends of the edge, and the output port of `from`. Only for a crossing. */
  readonly from?: string;
  readonly port?: string;
  readonly to?: string;
  /** Rule at either end of a crossing, or rule that failed or exceeded a limit. */
  readonly rule?: string;
  /** Whether the tuple is a row to insert, a row to delete, or an event. Present together with `tuple`. */
  readonly op?: Extract<WatchLine["op"], "+" | "-" | "event">;
  /** One string in the form `text`. */
  readonly tuple?: JsonTuple | string;
  readonly cut?: WatchLine["cut"];
  readonly loc?: JsonValue;
  /** Predicate of an encoded packet in the tuple. */
  readonly carries?: string;
  readonly reason?: string;
}

/** The request was done. */
export interface Done {
  readonly id: RequestId;
  readonly ok: true;
  /** Number of rows of a query. */
  readonly count?: number;
  /** Derivations of a query that had no value. Absent if there are none. */
  readonly failed?: QueryFailures;
}

/** The request was refused and had no effect. */
export interface RequestError {
  readonly id: RequestId;
  readonly ok: false;
  readonly error: {
    readonly reason: RequestErrorReason;
    /** One sentence. */
    readonly message: string;
    /** Diagnostics with positions for people, and as data, if the text of the request does not compile. */
    readonly text?: string;
    readonly diagnostics?: readonly JsonDiagnostic[];
  };
}

export type RequestErrorReason =
  /** The line is not a request. */
  | "malformed"
  | "too long"
  | "version"
  /** The text of the request does not compile. */
  | "program"
  /** A rule exceeded a limit, and the step was undone; or a query exceeded its budget. */
  | "limit"
  /** The node has too many clients, or the client has too many pending replies. */
  | "busy";
