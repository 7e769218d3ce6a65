/**
 * Main module of the link process. It runs in the hub's namespace and emulates the faults of all links. Its parent sends a
 * `LinkRequest` at the start and at each change; it exits when the parent does.
 */
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { openTun } from "../../runtime/device/tun.ts";
import { DelayedPackets, type FaultyDirection } from "./delayed-packets.ts";
import type { LinkRequest, LinkReply } from "./faulty-links.ts";
import { INWARD_DEVICE, LINKS_DEVICE, OUTWARD_DEVICE } from "./namespace-plan.ts";

const MTU = 1500;

const clock = new LinuxClock();
const devices = new Map<string, DelayedPackets>();

function applyRequest({ directions, inward, outward, seed }: LinkRequest): LinkReply {
  let reply = applyTo(LINKS_DEVICE, directions, seed);
  if (reply.ok && inward !== undefined) reply = applyTo(INWARD_DEVICE, inward, seed);
  if (reply.ok && outward !== undefined) reply = applyTo(OUTWARD_DEVICE, outward, seed);
  return reply;
}

function applyTo(name: string, directions: readonly FaultyDirection[], seed: number): LinkReply {
  const packets = devices.get(name);
  if (packets !== undefined) {
    packets.change(directions);
    return { ok: true };
  }
  const opened = openTun({ name, address: undefined, mtu: MTU });
  if (!opened.ok) return { ok: false, message: opened.message };
  devices.set(name, new DelayedPackets(opened.tun, clock, directions, seed));
  return { ok: true };
}

process.on("message", (request) => process.send?.(applyRequest(request as LinkRequest)));
process.once("disconnect", () => process.exit());
