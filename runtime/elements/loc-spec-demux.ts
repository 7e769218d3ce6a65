import { Address } from "../plan/values/address.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { DistinctTuples } from "../plan/values/distinct-tuples.ts";
import { isHostPort } from "../plan/values/location.ts";
import type { Value } from "../plan/values/value.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";
import type { Outgoing } from "./round-robin.ts";

export const spec: ElementSpec = {
  name: "LocSpecDemux",
  manual: `
LocSpecDemux(own names, overlays)

Sends each tuple the way its location specifier says: this node, the IP network, or an overlay.

Ports   in: 1 push. out: "local" (a step of its own), "ip", one per overlay, "else".
Drops   "no address": a location that is none; "unknown overlay"; "address options": no overlay takes options.
Reads   counters: tuples in, tuples out; local, ip, overlay: those by way
Built   by runtime/node/dataflow.ts, one per node.
Example path@ron::D(X) leaves by the port of overlay "ron" as ron.send(D, path(X)).
See     OverlaySendWrap, NetworkOut, Mux
`,
  inputs: "1",
  outputs: "3-",
  drops: ["no address", "unknown overlay", "address options"],
};

/** A way out: to a node of the IP network, or of an overlay. */
export interface WayOut<Place extends Value> {
  push(to: Place, tuple: Tuple): void;
}

export class LocSpecDemux {
  readonly counters: ElementCounters = new ElementCounters();
  readonly ways: { local: number; ip: number; overlay: number } = { local: 0, ip: 0, overlay: 0 };
  readonly #isOwn: (address: string) => boolean;
  readonly #overlays: ReadonlyMap<string, WayOut<Value>>;
  readonly #network: WayOut<string>;
  #steps: StepInput[] = [];
  /** The latest that was a place: most packets go where the one before went. */
  #latest: string | undefined;
  /** Equal sends of a step go once. */
  readonly #distinct = new DistinctTuples();
  /** The answers of calls, by query: the first is the one that counts. */
  readonly #answers = new Map<Value, StepInput>();

  constructor(
    isOwn: (address: string) => boolean,
    overlays: ReadonlyMap<string, WayOut<Value>>,
    network: WayOut<string>,
  ) {
    this.#isOwn = isOwn;
    this.#overlays = overlays;
    this.#network = network;
  }

  push({ tuple, location }: Outgoing): void {
    this.counters.in++;
    if (location instanceof Address) return this.#toOverlay(location, { tuple, location });
    if (typeof location !== "string" || !this.#isPlace(location)) return this.counters.drop("no address");
    if (!this.#isOwn(location)) {
      this.ways.ip++;
      this.counters.out++;
      return this.#network.push(location, tuple);
    }
    if (tuple.predicate.role.kind === "answer") return this.#answer(tuple, location);
    if (!this.#distinct.add(tuple)) return;
    this.ways.local++;
    this.counters.out++;
    this.#steps.push({ tuple, provenance: "rule", source: location });
  }

  #isPlace(location: string): boolean {
    if (location === this.#latest) return true;
    if (!isHostPort(location)) return false;
    this.#latest = location;
    return true;
  }

  /** What this step has sent to this node: steps to come. */
  takeLocal(): readonly StepInput[] {
    const steps = this.#steps;
    if (this.#answers.size > 0) {
      steps.push(...this.#answers.values());
      this.#answers.clear();
    }
    if (steps.length > 0) this.#beginAnew();
    return steps;
  }

  /** Counts on from what another has counted. */
  addCountersOf({ ways: { local, ip, overlay } }: LocSpecDemux): void {
    this.ways.local += local;
    this.ways.ip += ip;
    this.ways.overlay += overlay;
  }

  abort(): void {
    this.#beginAnew();
    this.#answers.clear();
  }

  #beginAnew(): void {
    this.#steps = [];
    this.#distinct.clear();
  }

  #answer(tuple: Tuple, source: string): void {
    const query = tuple.args[0] ?? null;
    if (this.#answers.has(query)) return;
    this.ways.local++;
    this.counters.out++;
    this.#answers.set(query, { tuple, provenance: "rule", source });
  }

  #toOverlay(address: Address, { tuple }: Outgoing): void {
    const overlay = this.#overlays.get(address.overlay);
    if (overlay === undefined) return this.counters.drop("unknown overlay");
    if (address.options.length > 0) return this.counters.drop("address options");
    this.ways.overlay++;
    this.counters.out++;
    overlay.push(address.node, tuple);
  }
}
