import type { TraceLine } from "../../runtime/control/reply.ts";
import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { FlowReport } from "../../runtime/sim/flow-report.ts";
import type { PingReport } from "../../runtime/sim/sim-kernel.ts";
import type { CommandEnd } from "./command-end.ts";
import type { Inspection } from "./inspection.ts";
import type { InterfaceBytes } from "./interface-record.ts";
import type { QueryAnswer } from "./query-answer.ts";
import type { ActionPart } from "../topology/action-part.ts";

/** Observation of a running topology, in the simulator or in the kernel. Times are in seconds since all nodes run. */
export type Observation =
  /** Passage of time, every half second. */
  | { readonly kind: "tick"; readonly at: number }
  /** Reply to an echo request, or notice that the reply is missing. `traffic` is an index in `Topology.traffic`. */
  | { readonly kind: "ping"; readonly at: number; readonly traffic: number; readonly report: PingReport }
  /** Report of a UDP stream or a TCP transfer. */
  | { readonly kind: "flow"; readonly at: number; readonly traffic: number; readonly report: FlowReport }
  /** `start` is the number of the start of the host's node, from 1. */
  | {
      readonly kind: "watch";
      readonly at: number;
      readonly host: string;
      readonly start: number;
      readonly line: WatchLine;
    }
  /** Line of a trace. Only in the simulator: nodes of a lab are traced by `mosaic trace`. */
  | {
      readonly kind: "trace";
      readonly at: number;
      readonly host: string;
      readonly start: number;
      readonly line: TraceLine;
    }
  /** Event of the topology: the part that has taken effect, or the part without effect. */
  | ({ readonly kind: "action"; readonly at: number } & ActionPart)
  /**
   * Line of the log of a node. In the simulator the observation says whether the line is a warning, and whether the node itself wrote it.
   * In a kernel lab `text` begins with the level.
   */
  | {
      readonly kind: "log";
      readonly at: number;
      readonly host: string;
      readonly text: string;
      readonly isWarning?: boolean;
      readonly isFromNode?: boolean;
    }
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
  /**
   * A check is due; `check` is its index. The observation of a command's check is repeated with the outcome of the command, that of a
   * query's check with the answers of the hosts.
   */
  | {
      readonly kind: "check";
      readonly at: number;
      readonly check: number;
      readonly ended?: CommandEnd;
      readonly answers?: readonly QueryAnswer[];
    }
  /** Number of packets that a link dropped because its queue was full, over the whole run. Reported at the end. */
  | {
      readonly kind: "queueFull";
      readonly at: number;
      readonly from: string;
      readonly to: string;
      readonly dropped: number;
    }
  /** Bytes of the interfaces of a host that plots show, since the start of its node or of the lab. Reported once a second. */
  | { readonly kind: "bytes"; readonly at: number; readonly host: string; readonly interfaces: InterfaceBytes }
  /** Unexpected exit of a node, with exit code or signal and its last output. */
  | { readonly kind: "exited"; readonly at: number; readonly host: string; readonly how: string }
  /** Last state of a node, just before it is killed or the run ends. */
  | { readonly kind: "inspected"; readonly at: number; readonly host: string; readonly inspection: Inspection };

export type Observe = (observation: Observation) => void;
