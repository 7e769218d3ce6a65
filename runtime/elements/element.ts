import type { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

/**
 * The contract of an element: one stage of a node's dataflow. Each element has one file in this folder, which exports the `spec` and the
 * class of the element. `dataflow.ts` and `ports.ts` in `runtime/node` create the elements; `dataflow.ts` joins them, and calls them when a
 * round or a step ends.
 *
 * Input. An element reads a device or a socket, or it has a method `push`, whose parameters differ between elements. Callers push
 * one tuple at a time, during a step. Calls do not nest: no output of an element leads to its own `push` before the call returns.
 * The bytes of a tuple from the network or a device are valid until the step ends: an element that keeps them longer copies them
 * (`ownedTuple`).
 *
 * Output. An element passes tuples on through the functions that its constructor received. An element knows no other element.
 *
 * Counters. An element counts its input and output in `counters.in` and `counters.out`, in the units that its manual names. It counts each
 * drop with `counters.drop(reason)`; its spec lists the reasons. Bytes or text from outside never make it throw.
 *
 * Steps. Effects outside the step (a datagram, a packet, a socket call, an input for a later step) wait for `commit`. Each step ends with
 * exactly one call of `commit` or `abort`, after which no effect of the step is pending. An element without such effects omits both
 * methods.
 */
export interface Element {
  readonly spec: ElementSpec;
  /**
   * Name that distinguishes elements of one kind, such as the overlay of an OverlaySendWrap. Undefined if the node has only one of the
   * kind.
   */
  readonly label?: string;
  readonly counters: ElementCounters;
  /**
   * Passes on the tuples that the element collected during a batch of events. A batch is the events that were raised together. Called at
   * the end of each batch, even if the element collected nothing.
   */
  flushRound?(): void;
  /** Performs the effects of a step that succeeded. Also called for a step without effects. Must not throw. */
  commit?(): void;
  /** Discards the effects of a step that exceeded a limit and is undone. Counters keep their values. */
  abort?(): void;
}

/** Name of an element in the graph of a plan, in traces and in drawings: `Mux`, `OverlaySendWrap(ron)`. */
export function elementId({ spec, label }: Pick<Element, "spec" | "label">): string {
  return label === undefined ? spec.name : `${spec.name}(${label})`;
}
