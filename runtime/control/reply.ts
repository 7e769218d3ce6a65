import type { JsonValue } from "../observe/watch.ts";
import type { RequestId } from "./request.ts";

/** One line from a node. A request gets any number of parts, then one end: `ok` says which of the two an end is. */
export type Reply = Part | Done | Refusal;

/** More is to come. */
export type Part =
  | { readonly id: RequestId; readonly columns: readonly string[] }
  | { readonly id: RequestId; readonly rows: readonly (readonly JsonValue[])[] };

/** The request was done. */
export interface Done {
  readonly id: RequestId;
  readonly ok: true;
  /** How many rows there were, for a query. */
  readonly count?: number;
}

/** Nothing was done. */
export interface Refusal {
  readonly id: RequestId;
  readonly ok: false;
  readonly error: {
    readonly reason: RefusalReason;
    /** One sentence. */
    readonly message: string;
    /** Diagnostics with their places, where the text of the request is wrong. */
    readonly text?: string;
  };
}

export type RefusalReason =
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
