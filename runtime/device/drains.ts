import type { TunHandle, UdpHandle } from "../../native/index.ts";
import type { Drains } from "../world/world.ts";

export function drainsOf(handle: TunHandle | UdpHandle): Drains {
  const [count, overlong, longest] = handle.drains();
  return { count, overlong, longest };
}
