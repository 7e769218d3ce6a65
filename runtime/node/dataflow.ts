import { Admission } from "../elements/admission.ts";
import type { ElementCounters } from "../observe/element-counters.ts";
import { PeerBook } from "../observe/peer-book.ts";
import { LocSpecDemux } from "../elements/loc-spec-demux.ts";
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

  constructor(
    plan: Plan,
    engine: Engine,
    world: World,
    limits: Limits,
    isOwn: (address: string) => boolean,
    step: (cause: Cause) => void,
    listener: NetworkListener,
  ) {
    this.#listener = listener;
    this.mux = new Mux(world.clock, limits, step);
    const toMux = (cause: Cause): void => this.mux.push(cause);
    const admission = new Admission(plan);
    this.networkIn = new NetworkIn(world, admission, this.peers, (cause) => this.#arrived(cause));
    const device = plan.predicates.find((spec) => spec.role.kind === "tun" && engine.isHeard(spec.id));
    const tunRx = world.tun && device && new TunRx(world.tun, device, toMux);
    this.#tunTx = new TunTx(world.tun);
    const receiveDemux = new ReceiveDemux(engine, this.#tunTx);
    this.unwrap = new OverlayRecvUnwrap(admission, (tuple, provenance) => receiveDemux.push(tuple, provenance));
    this.networkOut = new NetworkOut(world.datagrams, this.peers);
    this.wraps = overlayWraps(plan, (tuple, provenance) => engine.inject(tuple, provenance));
    this.demux = new LocSpecDemux(isOwn, this.wraps, this.networkOut);
    this.#roundRobin = new RoundRobin((outgoing) => this.demux.push(outgoing));
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
    this.unwrap.push(tuple, provenance);
  }

  send(tuple: Tuple, location: Value, strand: number): void {
    this.#listener.sent(tuple, location);
    this.#roundRobin.push({ tuple, location }, strand);
  }

  drain(): void {
    this.#roundRobin.drain();
  }

  leave(): void {
    this.networkOut.leave();
    this.#tunTx.leave();
    for (const cause of this.demux.takeLocal()) this.mux.push(cause);
  }

  forget(): void {
    this.#roundRobin.forget();
    this.networkOut.forget();
    this.#tunTx.forget();
    this.demux.forget();
  }

  #arrived(cause: Cause): void {
    this.#listener.received(cause.tuple, cause.source);
    this.mux.push(cause);
  }
}

function counted(
  element: string,
  { counters }: { readonly counters: ElementCounters },
  label: string = "",
): CountedElement {
  return { element, label, counters };
}

function overlayWraps(
  plan: Plan,
  out: (tuple: Tuple, provenance: Provenance) => void,
): ReadonlyMap<string, OverlaySendWrap> {
  const wraps = new Map<string, OverlaySendWrap>();
  for (const { name, send } of plan.overlays) {
    if (send !== undefined) wraps.set(name, new OverlaySendWrap(plan.predicates[send] as PredicateSpec, out));
  }
  return wraps;
}
