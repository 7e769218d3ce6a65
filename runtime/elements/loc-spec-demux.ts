/**
 * The choice of the route, stage 6 of the packet path (`runtime/node/dataflow.ts`). RoundRobin pushes tuples; they go to NetworkOut,
 * to an OverlaySendWrap, or, when the step commits, to Mux.
 */
import type { StepInput } from "../engine/step-input.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import { Address } from "../plan/values/address.ts";
import { DistinctTuples } from "../plan/values/distinct-tuples.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import { isHostPort } from "../plan/values/location.ts";
import { compare, type Value } from "../plan/values/value.ts";
import type { Element } from "./element.ts";
import type { Outgoing } from "./round-robin.ts";

const drops = ["no address", "unknown overlay", "address options", "no packet"] as const;

export const spec: ElementSpec = {
  name: "LocSpecDemux",
  manual: `
LocSpecDemux(endpoint names, overlays)

Routes each tuple by its location specifier: to this node, to the IP network, or to an overlay. If one step sends equal tuples to this node,
they become one input. If it sends several answers to one inlined call, only the first becomes an input. Answers to calls enter the queue of
Mux before all other inputs, in the order of the calls. A tuple for an overlay that is not loaded leaves by the port "else.send" if a rule
reads the event else.send. A rule with the head packet@To(P) sends the tuple in the packet P to the location To. If P is still encoded, its
bytes are sent unchanged; if To is this node, P is admitted like a datagram.

Ports   in: 1 push. out: "local" (inputs of later steps, passed to Mux when the step commits), "ip", one per overlay, "else.send", and
        "else" for drops.
Drops   "no address": a location that is no address; "unknown overlay": no rule reads else.send; "address options": the send event of
        the overlay has no argument for options; "no packet": the argument of packet@To(..) is no packet.
Reads   counters: tuples in, tuples out; local, ip, overlay: tuples out by destination
Built   by runtime/node/dataflow.ts, one per node.
Example path@ron::D(X) leaves by the port of overlay "ron" as ron.send(D, path(X)).
See     OverlaySendWrap, NetworkOut, Mux
`,
  drops,
  // The inputs that a step collects here leave when the step commits, and the flow cache accepts no run that sends to this node.
  stateful: false,
};

export interface LocationOutputs {
  /** Whether this node answers to the address. */
  readonly isOwn: (address: string | Address) => boolean;
  readonly toLocal: (input: StepInput) => void;
  /** Takes answers to calls. Mux runs their steps before the steps of all inputs that are already queued. */
  readonly toLocalFirst: (inputs: readonly StepInput[]) => void;
  readonly toNetwork: (to: string, tuple: Tuple) => void;
  /** Decodes and admits the tuples in a packet that is still encoded. */
  readonly open: (packet: Packet) => readonly Tuple[];
  /** Outputs to the overlays, by name of the overlay. */
  readonly toOverlays: ReadonlyMap<string, OverlayOutput>;
  /** Takes a tuple for an address of an overlay that is not loaded; undefined if no rule reads `else.send`. */
  readonly toElse: ((to: Address, tuple: Tuple) => void) | undefined;
}

/** Output to one overlay. */
export interface OverlayOutput {
  /** Whether an address of the overlay may have options. */
  readonly takesOptions: boolean;
  readonly push: (to: Address, tuple: Tuple) => void;
}

export class LocSpecDemux implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Number of tuples passed on, by kind of destination. */
  readonly ways: { local: number; ip: number; overlay: number } = { local: 0, ip: 0, overlay: 0 };
  readonly #outputs: LocationOutputs;
  #localInputs: StepInput[] = [];
  /** The latest location that was found to be an address. Most tuples have the same location as the tuple before and need no other test. */
  #latestAddress: string | undefined;
  /** Tuples that this step has sent to this node. */
  readonly #distinct = new DistinctTuples();
  /** Answers to calls that this step has sent to this node. */
  #answers: StepInput[] = [];
  /** Query ids of the inlined calls to which this step has sent an answer. */
  readonly #answered = new Set<Value>();

  constructor(outputs: LocationOutputs) {
    this.#outputs = outputs;
  }

  push({ tuple, location }: Outgoing): void {
    this.counters.in++;
    if (tuple.predicate.role.kind === "packet") return this.#packet(tuple, location);
    this.#route(tuple, location);
  }

  /** Sends the tuple in a packet. A packet that is still encoded stays in its tuple, `packet@(P)`. */
  #packet(tuple: Tuple, location: Value): void {
    const [packet] = tuple.args;
    if (!(packet instanceof Packet)) return this.counters.drop("no packet");
    this.#route(packet.tuple ?? tuple, location);
  }

  #route(tuple: Tuple, location: Value): void {
    if (location instanceof Address) {
      return this.#outputs.isOwn(location) ? this.#toLocal(tuple, location) : this.#toOverlay(location, tuple);
    }
    if (typeof location !== "string" || !this.#isAddress(location)) return this.counters.drop("no address");
    if (this.#outputs.isOwn(location)) return this.#toLocal(tuple, location);
    this.ways.ip++;
    this.counters.out++;
    this.#outputs.toNetwork(location, tuple);
  }

  #toLocal(tuple: Tuple, location: string | Address): void {
    const { role } = tuple.predicate;
    if (role.kind === "packet") return this.#encodedPacket(tuple.args[0] as Packet, location);
    const isAnswer = role.kind === "answer";
    if (isAnswer && role.isFirstOnly ? !this.#isFirstAnswer(tuple) : !this.#distinct.add(tuple)) return;
    this.ways.local++;
    this.counters.out++;
    (isAnswer ? this.#answers : this.#localInputs).push({ tuple, provenance: "rule", source: location });
  }

  /** Passes the tuples for this node to Mux, as inputs of later steps. */
  commit(): void {
    if (this.#localInputs.length === 0 && this.#answers.length === 0) return;
    const inputs = this.#localInputs;
    // Query ids ascend in the order of calls. Several answers to one call stay in the order in which they were sent.
    const answers = this.#answers.length > 1 ? this.#answers.sort(compareQueries) : this.#answers;
    this.abort();
    if (answers.length > 0) this.#outputs.toLocalFirst(answers);
    for (const input of inputs) this.#outputs.toLocal(input);
  }

  abort(): void {
    this.#localInputs = [];
    this.#distinct.clear();
    this.#answers = [];
    this.#answered.clear();
  }

  /** Adds the `ways` of the element that this one replaces. The caller adds `counters`. */
  addCountersOf({ ways: { local, ip, overlay } }: LocSpecDemux): void {
    this.ways.local += local;
    this.ways.ip += ip;
    this.ways.overlay += overlay;
  }

  #isAddress(location: string): boolean {
    if (location === this.#latestAddress) return true;
    if (!isHostPort(location)) return false;
    this.#latestAddress = location;
    return true;
  }

  #isFirstAnswer({ args: [query = null] }: Tuple): boolean {
    if (this.#answered.has(query)) return false;
    this.#answered.add(query);
    return true;
  }

  #encodedPacket(packet: Packet, source: string | Address): void {
    for (const tuple of this.#outputs.open(packet)) {
      this.ways.local++;
      this.counters.out++;
      this.#localInputs.push({ tuple, provenance: "network", source });
    }
  }

  #toOverlay(to: Address, tuple: Tuple): void {
    const output = this.#outputs.toOverlays.get(to.overlay);
    const push = output?.push ?? this.#outputs.toElse;
    if (push === undefined) return this.counters.drop("unknown overlay");
    if (output?.takesOptions === false && to.options.length > 0) return this.counters.drop("address options");
    this.ways.overlay++;
    this.counters.out++;
    push(to, tuple);
  }
}

function compareQueries({ tuple: one }: StepInput, { tuple: other }: StepInput): number {
  return compare(one.args[0] ?? null, other.args[0] ?? null);
}
