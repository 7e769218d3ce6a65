import type { Values } from "../../runtime/plan/values/value.ts";
import type { Tuple } from "./tuple.ts";

export interface Sent extends Tuple {
  readonly to: string;
}

/** One thing that happened, as text: `+ ["t",1]`, `- ["t",1]`, `event ["e",1]`. */
export type Told = string;

/** A node, by the engine or by the naive evaluator: what happens to it from outside, and what can be seen of it. */
export interface Peer {
  readonly address: string;
  insert(name: string, args: Values): void;
  delete(name: string, args: Values): void;
  receive(tuple: Tuple, from: string): void;
  /** Seconds since the start. */
  advanceTo(time: number): void;
  rows(table: string): readonly Values[];
  /** What happened since the last time; the order within a step is nobody's business. */
  takeTold(): readonly Told[];
  /** What has left for other nodes since the last time. */
  takeSent(): readonly Sent[];
}

/** Ends the comparison of a program: it goes on by itself for ever, grows without end, or is not for the naive evaluator. */
export class Runaway extends Error {}

/** Less than the steps a node does before it lets others have their turn. */
export const TOLD_MAX = 250;
