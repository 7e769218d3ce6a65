import type { Snitch } from "../observe/snitch.ts";
import type { GraphEdge } from "../plan/contract/graph.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";

/**
 * An edge of the dataflow: port `port` of element `from` leads to element `to`. Reports each tuple that crosses the edge to the snitch, the
 * tracer of the node.
 */
export class Edge implements GraphEdge {
  readonly from: string;
  readonly port: string;
  readonly to: string;
  readonly #snitch: Snitch;

  constructor({ from, port, to }: GraphEdge, snitch: Snitch) {
    this.from = from;
    this.port = port;
    this.to = to;
    this.#snitch = snitch;
  }

  /**
   * To be called for every tuple that crosses the edge, before the next element gets it. `location` is the destination or the source of the
   * tuple. While nobody traces the node, a call costs one test of a field.
   */
  trace(tuple: Tuple, location?: Value): void {
    if (this.#snitch.isOn) this.#snitch.crossed(this, tuple, location);
  }
}
