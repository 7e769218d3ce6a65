import type { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

/**
 * The contract of an element: one stage of a node's dataflow. Each element is one file of this folder, which exports its
 * `spec` and one class. `runtime/node/dataflow.ts` creates the elements, joins them, and calls them when a round or a step ends.
 *
 * What an element takes. It has a method `push`, whose arguments are its own, or reads a device or socket. Callers push one
 * tuple at a time, from within a step, and never from within the element's own output. The bytes in a tuple from the network
 * or a device are lent until the step ends: an element that holds them longer copies them (`ownedTuple`).
 *
 * What it gives. It hands tuples on through the functions that its constructor received, and knows no other element.
 *
 * What it drops and counts. It counts what it takes and gives in `counters.in` and `counters.out`, in the units that its manual
 * names, and each loss with `counters.drop(reason)`, one of the reasons of its spec. It never throws because of bytes or text
 * from outside.
 *
 * What a step guarantees. Effects outside the node (a datagram, a packet, a socket call, a step to come) wait for `commit`.
 * Each step ends with exactly one call, of `commit` or of `abort`; between two steps an element holds nothing of a step. An
 * element without such effects leaves these methods out.
 */
export interface Element {
  readonly spec: ElementSpec;
  /** Tells apart the elements of one kind: the overlay of an OverlaySendWrap. Absent where a node has one of the kind. */
  readonly label?: string;
  readonly counters: ElementCounters;
  /**
   * The events that came together are done: passes on what was collected for them. Called several times in a step, also
   * when nothing was collected.
   */
  flushRound?(): void;
  /** The step succeeded: performs its effects. Also called when there are none. Must not throw. */
  commit?(): void;
  /** The step exceeded a limit and is undone: discards its effects. Counters keep what they counted. */
  abort?(): void;
}

/** Name of an element in the graph of a plan, in traces and in drawings: `Mux`, `OverlaySendWrap(ron)`. */
export function elementId({ spec, label }: Pick<Element, "spec" | "label">): string {
  return label === undefined ? spec.name : `${spec.name}(${label})`;
}
