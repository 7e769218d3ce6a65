import type { ChildProcess } from "node:child_process";
import type { TestBed } from "../harness/test-bed.ts";

/** A kind of tunnel from host a to host b. */
export interface Contender {
  readonly name: string;
  /** Commands that it needs. It is skipped if one is missing. */
  readonly needs: readonly string[];
  /** Whether its processes are idle without traffic. The nodes of a RON are not: they probe each other. */
  readonly isQuietWhenIdle: boolean;
  /** Starts the tunnel beside the others. It may return before the tunnel carries packets. */
  readonly start: (bed: TestBed, number: number) => Tunnel;
}

export interface Tunnel {
  /** Address of host b inside the tunnel. */
  readonly address: string;
  /** Processes that carry the packets. Their processor time is measured. */
  readonly processes: readonly ChildProcess[];
}

/** MTU of every tunnel device. */
export const INNER_MTU = 1500;
