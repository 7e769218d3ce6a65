import type { MetricsSnapshot } from "../../runtime/observe/metrics-snapshot.ts";
import type { JsonTuple } from "../../runtime/plan/values/json-value.ts";

/** Metrics, problems and rows of a node at one moment. */
export interface NodeState {
  readonly metrics: MetricsSnapshot;
  readonly problems: readonly NodeProblem[];
  /** Rows of all tables, grouped by table. */
  readonly rows: readonly JsonTuple[];
}

/** Failure or drop that the metrics of a node show, as `mosaic top` lists it. */
export interface NodeProblem {
  readonly subject: { readonly kind: string; readonly name: string };
  /** One sentence for people. */
  readonly text: string;
}

/** State at the end of one life of a host: from a start of its node to the kill, or to the end of the run. */
export interface Inspection extends NodeState {
  /** Number of the start, from 1. */
  readonly start: number;
  /** Time of the start in seconds since all nodes run. */
  readonly startedAt: number;
  /** Whether an event killed the node. */
  readonly isKilled: boolean;
}
