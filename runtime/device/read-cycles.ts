import type { TunHandle, UdpHandle } from "../../native/index.ts";
import type { ReadCycles } from "../world/world.ts";

export function readCyclesOf(handle: TunHandle | UdpHandle): ReadCycles {
  const [count, overBudget, longest] = handle.readCycles();
  return { count, overBudget, longest };
}
