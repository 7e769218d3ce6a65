import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { PingReport } from "../../runtime/sim/sim-kernel.ts";
import type { CommandEnd } from "./command-end.ts";
import type { TopologyAction } from "../topology/topology.ts";

/** Observation of a running topology, in the simulator or in the kernel. Times are in seconds since all nodes run. */
export type Observation =
  /** Passage of time, every half second. */
  | { readonly kind: "tick"; readonly at: number }
  /** Reply to an echo request, or the lack of one. `traffic` is an index in `Topology.traffic`. */
  | { readonly kind: "ping"; readonly at: number; readonly traffic: number; readonly report: PingReport }
  | { readonly kind: "watch"; readonly at: number; readonly host: string; readonly line: WatchLine }
  /** Event of the topology that has taken effect. */
  | { readonly kind: "action"; readonly at: number; readonly action: TopologyAction }
  /** Log line of a node. */
  | { readonly kind: "log"; readonly at: number; readonly host: string; readonly text: string }
  /** Output line of a command on a host. */
  | {
      readonly kind: "command";
      readonly at: number;
      readonly host: string;
      readonly run: string;
      readonly text: string;
    }
  /** Exit of a command on a host. */
  | {
      readonly kind: "ended";
      readonly at: number;
      readonly host: string;
      readonly run: string;
      readonly code: number | undefined;
    }
  /** Due time of a check, by its index. A check of a command follows again with the outcome of the command. */
  | { readonly kind: "check"; readonly at: number; readonly check: number; readonly ended?: CommandEnd }
  /** Number of packets that a link dropped because its queue was full, over the whole run. Reported at the end. */
  | {
      readonly kind: "queueFull";
      readonly at: number;
      readonly from: string;
      readonly to: string;
      readonly dropped: number;
    }
  /** Unexpected exit of a node, with exit code or signal and its last output. */
  | { readonly kind: "exited"; readonly at: number; readonly host: string; readonly how: string };

export type Observe = (observation: Observation) => void;
