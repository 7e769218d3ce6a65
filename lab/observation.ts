import type { WatchLine } from "../runtime/observe/watch.ts";
import type { PingReport } from "../runtime/sim/echo-host.ts";
import type { Action } from "./topology.ts";

/** What a running topology reports, in the simulator and in the kernel alike. Times in seconds since all nodes run. */
export type Observation =
  /** Time passes; several times a second. */
  | { readonly kind: "tick"; readonly at: number }
  /** A request of one of the topology's traffics, by its number. */
  | { readonly kind: "ping"; readonly at: number; readonly traffic: number; readonly report: PingReport }
  | { readonly kind: "watch"; readonly at: number; readonly host: string; readonly line: WatchLine }
  /** An event of the topology has been carried out. */
  | { readonly kind: "action"; readonly at: number; readonly action: Action }
  /** A node said something to people. */
  | { readonly kind: "log"; readonly at: number; readonly host: string; readonly text: string }
  /** A node ended by itself. */
  | { readonly kind: "gone"; readonly at: number; readonly host: string; readonly how: string };

export type Observe = (observation: Observation) => void;
