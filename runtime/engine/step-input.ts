import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";

/** Input of one step: a tuple from the network, a device, a socket, a timer or an operator. Mux queues step inputs. */
export interface StepInput {
  readonly tuple: Tuple;
  readonly provenance: Provenance;
  /** Address of the sender; null for a tuple of this node. */
  readonly source: Value;
  /** Authenticated name of the sender. Absent for a tuple of this node, and for a sender that is unknown. */
  readonly principal?: string | undefined;
  /** Called after the step of this input was undone, so that its producer can release resources. */
  readonly onAborted?: (() => void) | undefined;
}
