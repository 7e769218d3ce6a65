import { Admission } from "../elements/admission.ts";
import type { ElementCounters } from "../observe/element-counters.ts";
import { PeerBook } from "../observe/peer-book.ts";
import { LocSpecDemux, type WayOut } from "../elements/loc-spec-demux.ts";
import { Mux } from "../elements/mux.ts";
import { NetworkIn } from "../elements/network-in.ts";
import { NetworkOut } from "../elements/network-out.ts";
import { OverlayRecvUnwrap } from "../elements/overlay-recv-unwrap.ts";
import { OverlaySendWrap } from "../elements/overlay-send-wrap.ts";
import { ReceiveDemux } from "../elements/receive-demux.ts";
import { RoundRobin } from "../elements/round-robin.ts";
import { TunRx } from "../elements/tun-rx.ts";
import { TunTx } from "../elements/tun-tx.ts";
import type { Cause, Dataflow, Engine } from "../engine/engine.ts";
import type { Limits } from "../engine/limits.ts";
import type { Provenance, Tuple } from "../plan/packet.ts";
import type { Plan, PredicateSpec } from "../plan/plan.ts";
import type { Value } from "../plan/value.ts";
import type { Snitch } from "../observe/snitch.ts";
import type { World } from "../world/world.ts";

/** An element of this node under the name of the drawing, for those who read its counters. */
export interface CountedElement {
  readonly element: string;
  /** The overlay of an OverlaySendWrap, otherwise empty. */
  readonly label: string;
  readonly counters: ElementCounters;
}

/** Told of tuples that cross the network's edge, for watching. */
export interface NetworkListener {
  sent(tuple: Tuple, location: Value): void;
  received(tuple: Tuple, from: Value): void;
}

/**
 * The elements of one node, joined as the plan's graph draws them:
 *
 *   NetworkIn, TunRx ─► Mux ─► OverlayRecvUnwrap ─► ReceiveDemux ─► strands, TunTx ─► RoundRobin ─► LocSpecDemux
 *   LocSpecDemux ─► Mux (this node), NetworkOut (@ip), OverlaySendWrap (@ov::addr) ─► Mux
 */
export class NodeDataflow implements Dataflow {
  /** All of them, in the order of the drawing. */
  readonly elements: readonly CountedElement[];
  readonly peers: PeerBook = new PeerBook();
  readonly mux: Mux;
  readonly networkIn: NetworkIn;
  readonly networkOut: NetworkOut;
  readonly unwrap: OverlayRecvUnwrap;
  readonly demux: LocSpecDemux;
  readonly wraps: ReadonlyMap<string, OverlaySendWrap>;
  readonly #tunTx: TunTx;
  readonly #roundRobin: RoundRobin;
  readonly #listener: NetworkListener;
  readonly #snitch: Snitch;

  constructor(
    plan: Plan,
    engine: Engine,
    world: World,
    limits: Limits,
    isOwn: (address: string) => boolean,
    step: (cause: Cause) => void,
    listener: NetworkListener,
    snitch: Snitch,
  ) {
    this.#listener = listener;
    this.#snitch = snitch;
    this.mux = new Mux(world.clock, limits, step);
    const admission = new Admission(plan);
    this.networkIn = new NetworkIn(world, admission, this.peers, (cause) => this.#arrived(cause));
    const device = plan.predicates.find((spec) => spec.role.kind === "tun" && engine.isHeard(spec.id));
    const tunRx = world.tun && device && new TunRx(world.tun, device, (cause) => this.#read(cause));
    this.#tunTx = new TunTx(world.tun);
    const receiveDemux = new ReceiveDemux(engine, (tuple) => {
      if (snitch.isOn) snitch.crossed("ReceiveDemux", "tun", "TunTx", tuple);
      this.#tunTx.push(tuple);
    });
    this.unwrap = new OverlayRecvUnwrap(admission, (tuple, provenance) => {
      if (snitch.isOn) snitch.crossed("OverlayRecvUnwrap", "out", "ReceiveDemux", tuple);
      receiveDemux.push(tuple, provenance);
    });
    this.networkOut = new NetworkOut(world.datagrams, this.peers);
    this.wraps = overlayWraps(plan, engine, snitch);
    this.demux = new LocSpecDemux(isOwn, this.#overlayPorts(), { push: (to, tuple) => this.#toNetwork(to, tuple) });
    this.#roundRobin = new RoundRobin((outgoing) => {
      if (snitch.isOn) snitch.crossed("RoundRobin", "out", "LocSpecDemux", outgoing.tuple, outgoing.location);
      this.demux.push(outgoing);
    });
    this.elements = [
      counted("NetworkIn", this.networkIn),
      counted("Admission", admission),
      ...(tunRx === undefined ? [] : [counted("TunRx", tunRx)]),
      counted("Mux", this.mux),
      counted("OverlayRecvUnwrap", this.unwrap),
      counted("ReceiveDemux", receiveDemux),
      counted("TunTx", this.#tunTx),
      counted("RoundRobin", this.#roundRobin),
      counted("LocSpecDemux", this.demux),
      ...[...this.wraps].map(([overlay, wrap]) => counted("OverlaySendWrap", wrap, overlay)),
      counted("NetworkOut", this.networkOut),
    ];
    for (const { element, label, counters } of this.elements) {
      const name = label === "" ? element : `${element}(${label})`;
      counters.onDrop = (reason) => snitch.dropped(name, reason);
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

  /** From now on datagrams are heard. */
  start(): void {
    this.networkIn.start();
  }

  receive(tuple: Tuple, provenance: Provenance): void {
    if (this.#snitch.isOn) this.#snitch.crossed("Mux", "out", "OverlayRecvUnwrap", tuple);
    this.unwrap.push(tuple, provenance);
  }

  send(tuple: Tuple, location: Value, strand: number): void {
    this.#listener.sent(tuple, location);
    if (this.#snitch.isOn) this.#snitch.left(strand, "out", "RoundRobin", tuple, location);
    this.#roundRobin.push({ tuple, location }, strand);
  }

  drain(): void {
    this.#roundRobin.drain();
  }

  leave(): void {
    this.networkOut.leave();
    this.#tunTx.leave();
    for (const cause of this.demux.takeLocal()) {
      if (this.#snitch.isOn) this.#snitch.crossed("LocSpecDemux", "local", "Mux", cause.tuple, cause.source);
      this.mux.push(cause);
    }
  }

  forget(): void {
    this.#roundRobin.forget();
    this.networkOut.forget();
    this.#tunTx.forget();
    this.demux.forget();
  }

  #arrived(cause: Cause): void {
    this.#listener.received(cause.tuple, cause.source);
    if (this.#snitch.isOn) this.#snitch.crossed("NetworkIn", "out", "Mux", cause.tuple, cause.source);
    this.mux.push(cause);
  }

  #read(cause: Cause): void {
    if (this.#snitch.isOn) this.#snitch.crossed("TunRx", "out", "Mux", cause.tuple);
    this.mux.push(cause);
  }

  #toNetwork(to: string, tuple: Tuple): void {
    if (this.#snitch.isOn) this.#snitch.crossed("LocSpecDemux", "ip", "NetworkOut", tuple, to);
    this.networkOut.push(to, tuple);
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
