import type { Values } from "../../runtime/plan/values/value.ts";
import type { Tuple } from "./tuple.ts";

export interface Sent extends Tuple {
  readonly to: string;
}

/** One observation as text: `+ ["t",1]`, `- ["t",1]`, `event ["e",1]`. */
export type Observation = string;

/** Node under comparison: the engine or the naive evaluator, with its inputs and its observable state. */
export interface Peer {
  readonly address: string;
  insert(name: string, args: Values): void;
  delete(name: string, args: Values): void;
  receive(tuple: Tuple, from: string): void;
  /** Seconds since the start. */
  advanceTo(time: number): void;
  rows(table: string): readonly Values[];
  /** Returns the observations since the last call. Their order within a step does not matter. */
  takeObservations(): readonly Observation[];
  /** Returns the tuples sent to other nodes since the last call. */
  takeSent(): readonly Sent[];
}

/** Exception that ends a comparison: the program runs for ever, grows without limit, or is beyond the naive evaluator. */
export class Runaway extends Error {}

/** Limit of steps, below the number after which a node yields. */
export const OBSERVATIONS_MAX = 250;
