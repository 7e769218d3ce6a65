import type { EngineCounters } from "../engine/engine-counters.ts";

/** Counters of a node since its start. */
export interface NodeCounters {
  readonly engine: EngineCounters;
  readonly drops: ReadonlyMap<string, number>;
  readonly conflicts: number;
  readonly evicted: number;
  readonly expired: number;
  /** Number of groups whose aggregate has no value. */
  readonly failedAggregates: number;
}
