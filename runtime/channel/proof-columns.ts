import type { Values } from "../plan/values/value.ts";

/**
 * Whether the last two columns can be the depth and the proof of a derivation. The proof has an id for each step of the depth. Only a depth
 * that grows by one with each step lets the nodes agree about the least deep derivation.
 */
export function hasProof(args: Values): boolean {
  const [depth, proof] = args.slice(-2);
  if (!Number.isInteger(depth) || !Array.isArray(proof)) return false;
  const steps = depth as number;
  return steps >= 0 && steps <= proof.length && proof.every((id) => typeof id === "bigint");
}
