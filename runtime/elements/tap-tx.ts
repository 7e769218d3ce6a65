/**
 * The exit of Ethernet frames, stage 8 of the packet path (`runtime/node/dataflow.ts`). ReceiveDemux pushes `tap` tuples; when the step
 * commits, their frames are written to the TAP devices.
 */
import type { DeviceRoutes } from "../ip/device-routes.ts";
import { ETHERNET_HEADER, type FrameChanges, rewriteFrame } from "../ip/ethernet-frame.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import { UnknownDevices } from "../observe/unknown-devices.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { segmentsOf } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { Device } from "../world/world.ts";
import type { Element } from "./element.ts";

const drops = ["tap: no device", "tap: unknown device", "tap: no Ethernet frame", "tap: bad header field"] as const;

export const spec: ElementSpec = {
  name: "TapTx",
  manual: `
Tap::Tx(taps)

Writes the frame of tap(Frame, Source, Destination, Type, Device) to the TAP device of that name when the step commits, or to the first TAP
device if no name is given. A header field other than null replaces the field of the frame; null leaves the field unchanged.

Ports   in: 1 push. out: the devices.
Drops   "tap: no device": the node has no TAP device; "tap: unknown device": it has none of that name; "tap: no Ethernet frame": no
        complete header; "tap: bad header field": an address that is no MAC address, or a type that does not fit into 2 bytes.
Reads   counters: tuples in, frames out
Built   by runtime/node/ports.ts, one per node.
Example tap(Frame, _, "02:00:00:00:00:05") sends the frame to another host, tap(Frame, _, _, _, "b") to the device b.
See     TapRx, ReceiveDemux
`,
  drops,
  stateful: false,
};

interface Writing {
  readonly device: Device;
  readonly frame: Uint8Array;
}

export class TapTx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Numbers of frames for device names that the node does not have. */
  readonly unknownDevices: UnknownDevices = new UnknownDevices();
  readonly #taps: DeviceRoutes<Device>;
  #waiting: Writing[] = [];

  constructor(taps: DeviceRoutes<Device>) {
    this.#taps = taps;
  }

  push({ args }: Tuple): void {
    this.counters.in++;
    const [bytes, , , , name = null] = args;
    const [first] = this.#taps.all;
    if (first === undefined) return this.counters.drop("tap: no device");
    if (!(bytes instanceof Uint8Array)) return this.counters.drop("tap: no Ethernet frame");
    for (const frame of segmentsOf(bytes)) this.#frame(frame, args, name === null ? first : this.#named(name));
  }

  #named(name: Value): Device | undefined {
    const device = typeof name === "string" ? this.#taps.named(name) : undefined;
    if (device === undefined) this.unknownDevices.add(name, 1);
    return device;
  }

  #frame(frame: Uint8Array, args: readonly Value[], device: Device | undefined): void {
    if (device === undefined) return this.counters.drop("tap: unknown device");
    if (frame.length < ETHERNET_HEADER) return this.counters.drop("tap: no Ethernet frame");
    const changed = withHeader(frame, args);
    if (changed === undefined) return this.counters.drop("tap: bad header field");
    this.#waiting.push({ device, frame: changed });
  }

  /** Writes the frames of the step. */
  commit(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { device, frame } of waiting) {
      this.counters.out++;
      device.write(frame);
    }
  }

  abort(): void {
    this.#waiting = [];
  }
}

/** Returns the frame with the header fields of the tuple. Returns the frame itself if the tuple has none. */
function withHeader(frame: Uint8Array, args: readonly Value[]): Uint8Array | undefined {
  const [, source = null, destination = null, type = null] = args;
  const given = [source, destination, type].filter((field) => field !== null).length;
  if (given === 0) return frame;
  const changes: FrameChanges = {
    ...(typeof source === "string" && { source }),
    ...(typeof destination === "string" && { destination }),
    ...(typeof type === "number" && { type }),
  };
  return given === Object.keys(changes).length ? rewriteFrame(frame, changes) : undefined;
}
