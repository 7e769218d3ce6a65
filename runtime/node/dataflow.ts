import { Admission } from "../elements/admission.ts";
import type { ElementCounters } from "../observe/element-counters.ts";
import { LocSpecDemux, type WayOut } from "../elements/loc-spec-demux.ts";
import { OverlayRecvUnwrap } from "../elements/overlay-recv-unwrap.ts";
import { OverlaySendWrap } from "../elements/overlay-send-wrap.ts";
import { ReceiveDemux } from "../elements/receive-demux.ts";
import { RoundRobin } from "../elements/round-robin.ts";
import { ViewChannel } from "../elements/view-channel.ts";
import type { Dataflow, Engine } from "../engine/engine.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Clock } from "../world/world.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";
import type { NodePorts } from "./ports.ts";
import type { Snitch } from "../observe/snitch.ts";

/** An element of this node under the name of the drawing, for those who read its counters. */
export interface CountedElement {
  readonly element: string;
  /** The overlay of an OverlaySendWrap, otherwise empty. */
  readonly label: string;
  readonly counters: ElementCounters;
}

/**
 * The elements of one node, joined as the plan's graph draws them:
 *
 *   NetworkIn, TunRx, Tcp ─► Mux ─► OverlayRecvUnwrap ─► ReceiveDemux ─► strands, TunTx, Tcp ─► RoundRobin ─► LocSpecDemux
 *   LocSpecDemux ─► Mux (this node), NetworkOut (@ip), OverlaySendWrap (@ov::addr) ─► Mux
 */
export class NodeDataflow implements Dataflow {
  /** Those that are of the program, not of the ports. */
  readonly #own: readonly CountedElement[];
  readonly ports: NodePorts;
  readonly unwrap: OverlayRecvUnwrap;
  readonly demux: LocSpecDemux;
  readonly wraps: ReadonlyMap<string, OverlaySendWrap>;
  readonly channel: ViewChannel;
  readonly #plan: Plan;
  readonly #admission: Admission;
  /** `tun`, where rules hear it. */
  readonly #packet: PredicateSpec | undefined;
  readonly #roundRobin: RoundRobin;
  readonly #sent: (tuple: Tuple, location: Value) => void;
  readonly #snitch: Snitch;

  /** `sent` is told of each tuple that a rule sends to a place. */
  constructor(
    plan: Plan,
    engine: Engine,
    ports: NodePorts,
    clock: Clock,
    streams: RandomStreams,
    isOwn: (address: string) => boolean,
    sent: (tuple: Tuple, location: Value) => void,
    snitch: Snitch,
  ) {
    this.#plan = plan;
    this.ports = ports;
    this.#sent = sent;
    this.#snitch = snitch;
    this.#admission = new Admission(plan);
    this.#packet = plan.predicates.find((spec) => spec.role.kind === "tun" && engine.isSubscribed(spec.id));
    const toDevice = (tuple: Tuple): void => {
      if (snitch.isOn) snitch.crossed("ReceiveDemux", "tun", "TunTx", tuple);
      ports.tunTx.push(tuple);
    };
    const toTcp = (tuple: Tuple, provenance: Provenance): void => {
      if (snitch.isOn) snitch.crossed("ReceiveDemux", tcpPort(tuple), "Tcp", tuple);
      ports.tcp.push(tuple, provenance);
    };
    const receiveDemux = new ReceiveDemux(engine, toDevice, toTcp, (tuple, provenance) => {
      if (snitch.isOn) snitch.crossed("ReceiveDemux", "views", "ViewChannel", tuple);
      this.channel.push(tuple, provenance, engine.source);
    });
    this.unwrap = new OverlayRecvUnwrap(this.#admission, (tuple, provenance) => {
      if (snitch.isOn) snitch.crossed("OverlayRecvUnwrap", "out", "ReceiveDemux", tuple);
      receiveDemux.push(tuple, provenance);
    });
    const begin = (cause: StepInput): void => ports.mux.push(cause);
    this.channel = new ViewChannel(plan, { engine, clock, streams, networkOut: ports.networkOut, isOwn, begin });
    this.wraps = overlayWraps(plan, engine, snitch);
    this.demux = new LocSpecDemux(isOwn, this.#overlayPorts(), { push: (to, tuple) => this.#toNetwork(to, tuple) });
    this.#roundRobin = new RoundRobin((outgoing) => {
      if (snitch.isOn) snitch.crossed("RoundRobin", "out", "LocSpecDemux", outgoing.tuple, outgoing.location);
      this.demux.push(outgoing);
    });
    this.#own = [
      counted("Admission", this.#admission),
      counted("OverlayRecvUnwrap", this.unwrap),
      counted("ReceiveDemux", receiveDemux),
      counted("RoundRobin", this.#roundRobin),
      counted("LocSpecDemux", this.demux),
      ...[...this.wraps].map(([overlay, wrap]) => counted("OverlaySendWrap", wrap, overlay)),
      counted("ViewChannel", this.channel),
    ];
  }

  /** Whether the program has calls of TCP. */
  get hasCalls(): boolean {
    return this.#plan.graph.nodes.some(({ element }) => element === "Tcp");
  }

  /** All of them, in the order of the drawing. */
  get elements(): readonly CountedElement[] {
    const { networkIn, networkOut, mux, tunRx, tunTx, tcp } = this.ports;
    const [admission, unwrap, receiveDemux, ...rest] = this.#own as [CountedElement, CountedElement, CountedElement];
    return [
      counted("NetworkIn", networkIn),
      admission,
      ...(tunRx === undefined ? [] : [counted("TunRx", tunRx)]),
      counted("Mux", mux),
      unwrap,
      receiveDemux,
      counted("TunTx", tunTx),
      ...(this.hasCalls ? [counted("Tcp", tcp)] : []),
      ...rest,
      counted("NetworkOut", networkOut),
    ];
  }

  /** What the network and the device bring is for this dataflow from now on. Counts on from one that it replaces. */
  takePorts(before?: NodeDataflow): void {
    this.ports.serve(this.#admission, this.#packet, this.#plan);
    before?.channel.stop();
    if (before !== undefined) this.channel.resume();
    if (before !== undefined) this.demux.addCountersOf(before.demux);
    for (const { element, label, counters } of this.#own) {
      const same = before?.elements.find((other) => other.element === element && other.label === label);
      if (same !== undefined) counters.addCountersOf(same.counters);
    }
    for (const { element, label, counters } of this.elements) {
      const name = label === "" ? element : `${element}(${label})`;
      counters.onDrop = (reason) => this.#snitch.dropped(name, reason);
    }
  }

  /** What all elements have dropped, by reason. */
  get drops(): ReadonlyMap<string, number> {
    const drops = new Map<string, number>();
    for (const { counters } of this.elements) {
      for (const [reason, count] of counters.dropped) drops.set(reason, (drops.get(reason) ?? 0) + count);
    }
    return drops;
  }

  receive(tuple: Tuple, provenance: Provenance): void {
    if (this.#snitch.isOn) this.#snitch.crossed("Mux", "out", "OverlayRecvUnwrap", tuple);
    this.unwrap.push(tuple, provenance);
  }

  send(tuple: Tuple, location: Value, strand: number): void {
    this.#sent(tuple, location);
    if (this.#snitch.isOn) this.#snitch.left(strand, "out", "RoundRobin", tuple, location);
    this.#roundRobin.push({ tuple, location });
  }

  flushRound(): void {
    this.#roundRobin.flushRound();
    this.ports.tcp.flushRound();
  }

  commit(): void {
    this.ports.networkOut.commit();
    this.ports.tunTx.commit();
    this.channel.commit();
    for (const cause of this.demux.takeLocal()) {
      if (this.#snitch.isOn) this.#snitch.crossed("LocSpecDemux", "local", "Mux", cause.tuple, cause.source);
      this.ports.mux.push(cause);
    }
    this.ports.tcp.commit();
  }

  abort(): void {
    this.ports.tcp.abort();
    this.#roundRobin.abort();
    this.ports.networkOut.abort();
    this.ports.tunTx.abort();
    this.channel.abort();
    this.demux.abort();
  }

  #toNetwork(to: string, tuple: Tuple): void {
    if (this.#snitch.isOn) this.#snitch.crossed("LocSpecDemux", "ip", "NetworkOut", tuple, to);
    this.ports.networkOut.push(to, tuple);
  }

  #overlayPorts(): ReadonlyMap<string, WayOut<Value>> {
    const port = (name: string, wrap: OverlaySendWrap): WayOut<Value> => ({
      push: (node, tuple) => {
        if (this.#snitch.isOn) this.#snitch.crossed("LocSpecDemux", name, `OverlaySendWrap(${name})`, tuple, node);
        wrap.push(node, tuple);
      },
    });
    return new Map([...this.wraps].map(([name, wrap]) => [name, port(name, wrap)]));
  }
}

function tcpPort({ predicate: { role } }: Tuple): string {
  return role.kind === "tcp" ? `tcp.${role.call}` : "";
}

function counted(
  element: string,
  { counters }: { readonly counters: ElementCounters },
  label: string = "",
): CountedElement {
  return { element, label, counters };
}

function overlayWraps(plan: Plan, engine: Engine, snitch: Snitch): ReadonlyMap<string, OverlaySendWrap> {
  const wraps = new Map<string, OverlaySendWrap>();
  for (const { name, send } of plan.overlays) {
    if (send === undefined) continue;
    const wrap = new OverlaySendWrap(plan.predicates[send] as PredicateSpec, (tuple, provenance) => {
      if (snitch.isOn) snitch.crossed(`OverlaySendWrap(${name})`, "out", "Mux", tuple);
      engine.inject(tuple, provenance);
    });
    wraps.set(name, wrap);
  }
  return wraps;
}
