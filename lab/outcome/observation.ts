import type { WatchLine } from "../../runtime/observe/watch.ts";
import type { PingReport } from "../../runtime/sim/echo-host.ts";
import type { CommandEnd } from "./command-end.ts";
import type { TopologyAction } from "../topology/topology.ts";

/** What a running topology reports, in the simulator and in the kernel alike. Times in seconds since all nodes run. */
export type Observation =
  /** Time passes; several times a second. */
  | { readonly kind: "tick"; readonly at: number }
  /** A request of one of the topology's traffics, by its number. */
  | { readonly kind: "ping"; readonly at: number; readonly traffic: number; readonly report: PingReport }
  | { readonly kind: "watch"; readonly at: number; readonly host: string; readonly line: WatchLine }
  /** An event of the topology has been carried out. */
  | { readonly kind: "action"; readonly at: number; readonly action: TopologyAction }
  /** A node said something to people. */
  | { readonly kind: "log"; readonly at: number; readonly host: string; readonly text: string }
  /** A command on a host printed a line, or has ended with an exit code. */
  | {
      readonly kind: "command";
      readonly at: number;
      readonly host: string;
      readonly run: string;
      readonly text: string;
    }
  | {
      readonly kind: "ended";
      readonly at: number;
      readonly host: string;
      readonly run: string;
      readonly code: number | undefined;
    }
  /** It is time for a check, by its number; for a command that it asks for, with what came of it. */
  | { readonly kind: "check"; readonly at: number; readonly check: number; readonly ended?: CommandEnd }
  /** The queue of a way with a rate was full, and so many packets were dropped in all; told at the end. */
  | {
      readonly kind: "queueFull";
      readonly at: number;
      readonly from: string;
      readonly to: string;
      readonly dropped: number;
    }
  /** A node ended by itself. */
  | { readonly kind: "exited"; readonly at: number; readonly host: string; readonly how: string };

export type Observe = (observation: Observation) => void;
