import { Admission } from "../elements/admission.ts";
import { Drops } from "../observe/drops.ts";
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
  readonly drops: Drops = new Drops();
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
    const { drops } = this;
    this.#listener = listener;
    this.mux = new Mux(world.clock, limits, drops, step);
    const toMux = (cause: Cause): void => this.mux.push(cause);
    const admission = new Admission(plan, drops);
    this.networkIn = new NetworkIn(world, admission, drops, (cause) => this.#arrived(cause));
    const device = plan.predicates.find((spec) => spec.role.kind === "tun" && engine.isHeard(spec.id));
    if (world.tun !== undefined && device !== undefined) void new TunRx(world.tun, device, drops, toMux);
    this.#tunTx = new TunTx(world.tun, drops);
    const receiveDemux = new ReceiveDemux(engine, this.#tunTx);
    this.unwrap = new OverlayRecvUnwrap(admission, (tuple, provenance) => receiveDemux.push(tuple, provenance));
    this.networkOut = new NetworkOut(world.datagrams, drops);
    this.wraps = overlayWraps(plan, (tuple, provenance) => engine.inject(tuple, provenance));
    this.demux = new LocSpecDemux(isOwn, this.wraps, this.networkOut, drops);
    this.#roundRobin = new RoundRobin((outgoing) => this.demux.push(outgoing));
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
