/**
 * The process behind the links of a lab that have faults. It runs in the hub, is told of the links by its parent, at the start and
 * whenever they change, and ends
 * when its parent is gone.
 */
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { openTun } from "../../runtime/device/tun.ts";
import { DelayedPackets } from "./delayed-packets.ts";
import type { LinkRequest, LinkReply } from "./faulty-links.ts";
import { LINKS_DEVICE } from "./namespace-plan.ts";

const MTU = 1500;

let packets: DelayedPackets | undefined;

function applyRequest({ directions, seed }: LinkRequest): LinkReply {
  if (packets !== undefined) {
    packets.change(directions);
    return { ok: true };
  }
  const opened = openTun({ name: LINKS_DEVICE, address: undefined, mtu: MTU });
  if (!opened.ok) return { ok: false, message: opened.message };
  packets = new DelayedPackets(opened.tun, new LinuxClock(), directions, seed);
  return { ok: true };
}

process.on("message", (request) => process.send?.(applyRequest(request as LinkRequest)));
process.once("disconnect", () => process.exit());
