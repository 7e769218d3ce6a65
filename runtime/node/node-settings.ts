import type { Limits } from "../engine/limits/limits.ts";
import type { Secrets } from "../engine/strand-context.ts";
import type { QueueMetrics } from "../observe/metrics-snapshot.ts";
import type { WatchLine } from "../observe/watch.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { Fact } from "./peer-facts.ts";

/** Configuration of a node, beside its program and its world. */
export interface NodeSettings {
  /**
   * Endpoint names, `host:port`, that this node answers to, the last of them the bound address. The first is the `localAddr` of the node
   * and of its overlays, unless the node follows the addresses of its host.
   */
  readonly names: readonly string[];
  /** The first of `names`: those that an operator has chosen. Without any, a node that listens at all addresses of its host follows it. */
  readonly announced?: readonly string[];
  /** Names of all nodes of the process, this one among them. The first of the nodes logs the facts that are for none of them. */
  readonly processNames?: readonly (readonly string[])[];
  /** Facts of this node, in addition to the facts of the program. */
  readonly facts: readonly Fact[];
  /** Predicates to report on, in addition to those that the program watches. */
  readonly watch: readonly string[];
  readonly limits?: Partial<Limits>;
  /** Keys that the rules name. They appear in no output of the node. */
  readonly secrets?: Secrets;
  /** Tuples that a rule may send to one location in a second: 10,000 if omitted. Infinite where time does not pass. */
  readonly sendRate?: number;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly onWatch?: (line: WatchLine) => void;
  readonly onLog?: (message: string) => void;
  /**
   * Called, with a message for the log, when derivations failed, tuples exceeded the send rate or members claim one virtual address: at
   * most once a minute and rule, or virtual address.
   */
  readonly onFailure?: (message: string) => void;
  /** Called, with a message for the log, when the node adapts to its network. */
  readonly onAdapted?: (message: string) => void;
  /** Returns the queues of lines that the process prints for the node, for the metrics. */
  readonly outputQueues?: () => readonly QueueMetrics[];
  /** Called when a step exceeded a limit and was aborted. Without it the node logs a message. */
  readonly onLimit?: (limit: keyof Limits, rule: string, most: number | undefined) => void;
}
