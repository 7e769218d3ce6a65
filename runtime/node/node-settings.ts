import type { SenderNames } from "../wire/sender.ts";
import type { LimitName, Limits } from "../engine/limits/limits.ts";
import type { Secrets } from "../engine/strand-context.ts";
import type { QueueMetrics } from "../observe/metrics-snapshot.ts";
import type { WatchLine } from "../observe/watch.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { Fact } from "./peer-facts.ts";

/** Configuration of a node, apart from its program and its world. */
export interface NodeSettings {
  /**
   * Endpoint names, `host:port`, to which this node answers. The last name is the bound address. The first name is the `localAddr` of the
   * node and of its overlays, unless the node follows the addresses of its host.
   */
  readonly names: readonly string[];
  /**
   * The names that an operator has chosen; they come first in `names`. If there are none and the node listens at all addresses of its host,
   * the node follows the addresses of the host.
   */
  readonly announced?: readonly string[];
  /** Names of each node of the process, including this one. The first node logs the facts that are for no node of the process. */
  readonly processNames?: readonly (readonly string[])[];
  /** Facts of this node, in addition to the facts of the program. */
  readonly facts: readonly Fact[];
  /** Predicates to report on, in addition to those that the program watches. */
  readonly watch: readonly string[];
  readonly limits?: Partial<Limits>;
  /** Names of the senders that links authenticate. Absent if links have no keys: then the node does not check who sent a tuple. */
  readonly senderNames?: SenderNames;
  /** Keys that the rules name. The keys appear in no output of the node. */
  readonly secrets?: Secrets;
  /** Tuples that a rule may send to one location in a second: 10,000 if omitted. Infinite in a world in which time does not pass. */
  readonly sendRate?: number;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly onWatch?: (line: WatchLine) => void;
  readonly onLog?: (message: string) => void;
  /**
   * Called, with a message for the log, when a derivation failed, tuples exceeded the send rate, two members claim one virtual address, or
   * the host has lost its addresses. At most once a minute for each rule and for each virtual address.
   */
  readonly onFailure?: (message: string) => void;
  /** Called, with a message for the log, when the node adapts to its network. */
  readonly onAdapted?: (message: string) => void;
  /** Returns the queues of lines that the process prints for the node, for the metrics. */
  readonly outputQueues?: () => readonly QueueMetrics[];
  /** Called when a step exceeded a limit and was aborted. If omitted, the node logs a message. */
  readonly onLimit?: (limit: LimitName, rule: string, most: number | undefined) => void;
}
