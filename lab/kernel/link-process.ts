/**
 * Main module of the link process. It runs in the hub's namespace and emulates the faults of all links. Its parent sends a
 * `LinkRequest` at the start and at each change; it exits when the parent does.
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
