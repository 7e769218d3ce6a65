import type { ChildProcess } from "node:child_process";
import type { Bed } from "../harness/bed.ts";

/** A way from host a to host b. */
export interface Contender {
  readonly name: string;
  /** Commands it needs; where one is missing it does not take part. */
  readonly needs: readonly string[];
  /** Whether its processes rest while nobody sends a packet: those of a RON probe each other. */
  readonly isSilent: boolean;
  /** Sets it up beside the others; it need not carry packets yet. */
  readonly start: (bed: Bed, number: number) => Way;
}

export interface Way {
  /** The address of host b inside. */
  readonly address: string;
  /** What carries the packets, for its use of the processor. */
  readonly processes: readonly ChildProcess[];
}

/** What every tunnel lets through. */
export const INNER_MTU = 1500;
