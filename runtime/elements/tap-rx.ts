/**
 * The entry of Ethernet frames, stage 1 of the packet path (`runtime/node/dataflow.ts`). The TAP devices pass frames to this element. Each
 * frame becomes the input of a step and goes to Mux.
 */
import type { StepInput } from "../engine/step-input.ts";
import { ETHERNET_HEADER, frameDestination, frameSource, frameType } from "../ip/ethernet-frame.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import { noteDevicePacket } from "../plan/values/device-origin.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Device } from "../world/world.ts";
import type { Element } from "./element.ts";

const drops = ["tap: no Ethernet frame", "tap: no subscriber"] as const;

export const spec: ElementSpec = {
  name: "TapRx",
  manual: `
Tap::Rx(taps)

Raises an event tap(Frame, Source, Destination, Type, Device) for each Ethernet frame that the kernel sends to a TAP device. Device is the
name of the device. Frames are not joined to trains.

Ports   in: the devices. out: 1 push.
Drops   "tap: no Ethernet frame": no complete header; "tap: no subscriber": no rule of the running program subscribes to tap.
Reads   counters: frames in, tuples out
Built   by runtime/node/ports.ts, one per node.
See     TapTx, ReceiveDemux
`,
  drops,
  stateful: false,
};

export class TapRx implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #taps: readonly Device[];
  readonly #out: (input: StepInput) => void;
  #event: PredicateSpec | undefined;
  #isReading = false;

  constructor(taps: readonly Device[], out: (input: StepInput) => void) {
    this.#taps = taps;
    this.#out = out;
  }

  get devices(): readonly Device[] {
    return this.#taps;
  }

  /** Serves a program from now on: `event` is the predicate `tap` of the program, undefined when no rule subscribes to `tap`. */
  serve(event: PredicateSpec | undefined): void {
    this.#event = event;
    if (this.#isReading) return;
    this.#isReading = true;
    for (const tap of this.#taps) tap.onPacket((frame) => this.#receive(frame, tap.name));
  }

  /** `frame` is valid until the step has ended; then the device reuses its buffer. */
  #receive(frame: Uint8Array, device: string): void {
    this.counters.in++;
    if (frame.length < ETHERNET_HEADER) return this.counters.drop("tap: no Ethernet frame");
    if (this.#event === undefined) return this.counters.drop("tap: no subscriber");
    noteDevicePacket(frame, device);
    const args = [frame, frameSource(frame), frameDestination(frame), frameType(frame), device];
    this.counters.out++;
    this.#out({ tuple: { predicate: this.#event, args, isDelete: false }, provenance: "device", source: null });
  }
}
