/**
 * The process behind the links of a lab that have faults. It runs in the hub, is told of the links by its parent, and ends
 * when its parent is gone.
 */
import { LinuxClock } from "../runtime/device/linux-clock.ts";
import { openTun } from "../runtime/device/tun.ts";
import { DelayedPackets } from "./delayed-packets.ts";
import type { LinkOrder, LinkReport } from "./faulty-links.ts";
import { LINKS_DEVICE } from "./namespace-plan.ts";

const MTU = 1500;

function start({ ways, seed }: LinkOrder): LinkReport {
  const opened = openTun({ name: LINKS_DEVICE, address: undefined, mtu: MTU });
  if (!opened.ok) return { ok: false, message: opened.message };
  void new DelayedPackets(opened.tun, new LinuxClock(), ways, seed);
  return { ok: true };
}

process.once("message", (order) => process.send?.(start(order as LinkOrder)));
process.once("disconnect", () => process.exit());
