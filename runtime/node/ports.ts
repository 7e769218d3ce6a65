import type { Admission } from "../elements/admission.ts";
import { Mux } from "../elements/mux.ts";
import { NetworkIn } from "../elements/network-in.ts";
import { NetworkOut } from "../elements/network-out.ts";
import { TunRx } from "../elements/tun-rx.ts";
import { TunTx } from "../elements/tun-tx.ts";
import { Tcp, type FindUnreferenced } from "../elements/tcp.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Limits } from "../engine/limits.ts";
import { PeerCounters } from "../observe/peer-counters.ts";
import { PathSizes } from "../path/path-sizes.ts";
import { TooBig } from "../path/too-big.ts";
import { UnroutedPackets } from "../observe/unrouted-packets.ts";
import type { Snitch } from "../observe/snitch.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { RandomStreams } from "../world/random.ts";
import type { World } from "../world/world.ts";

export interface PortLimits {
  readonly steps: Limits;
  readonly sockets: SocketLimits;
}

/** The elements between a node and the world around it. They stay when the node is given another program. */
export class NodePorts {
  readonly peers: PeerCounters = new PeerCounters();
  readonly strays: UnroutedPackets = new UnroutedPackets();
  readonly paths: PathSizes;
  readonly mux: Mux;
  readonly networkIn: NetworkIn;
  readonly networkOut: NetworkOut;
  readonly tunTx: TunTx;
  readonly tcp: Tcp;
  readonly #world: World;
  readonly #snitch: Snitch;
  #tunRx: TunRx | undefined;

  /**
   * `adapted` is told, in words, what became of the sizes of datagrams, `received` of each tuple from the network. `step` runs
   * that of each cause when its turn has come; false when it was taken back.
   */
  constructor(
    world: World,
    streams: RandomStreams,
    limits: PortLimits,
    snitch: Snitch,
    adapted: (message: string) => void,
    received: (tuple: Tuple, from: Value) => void,
    step: (cause: StepInput) => boolean,
    findUnreferenced: FindUnreferenced,
  ) {
    this.#world = world;
    this.#snitch = snitch;
    const start = (cause: StepInput): void => {
      const before = this.#left();
      if (!step(cause)) cause.onAborted?.();
      if (cause.provenance === "device" && this.#left() === before) this.strays.note(cause);
    };
    this.mux = new Mux(world.clock, limits.steps, start, (isResting) => world.flowCache?.block("steps", isResting));
    const { clock, datagrams, tun } = world;
    const draw = world.secret ?? ((): number => streams.stream("paths").next());
    this.paths = new PathSizes({ clock, datagrams, random: draw, changed: adapted });
    this.networkIn = new NetworkIn(world, this.peers, this.paths, (cause) => {
      received(cause.tuple, cause.source);
      if (snitch.isOn) snitch.crossed("NetworkIn", "out", "Mux", cause.tuple, cause.source);
      this.mux.push(cause);
    });
    this.networkOut = new NetworkOut(datagrams, this.peers, this.paths, new TooBig(tun, clock));
    this.tunTx = new TunTx(tun);
    const now = (): number => clock.now();
    this.tcp = new Tcp(
      world.streams,
      limits.sockets,
      streams.stream("sockets"),
      now,
      findUnreferenced,
      (cause, port) => {
        if (snitch.isOn) snitch.crossed("Tcp", port, "Mux", cause.tuple);
        this.mux.pushReserved(cause);
      },
    );
  }

  /** Absent until a program hears packets, or without a device. */
  get tunRx(): TunRx | undefined {
    return this.#tunRx;
  }

  /**
   * From now on the network brings what `admission` admits, the device, where rules hear it, the event `packet`, and the
   * sockets the events of the plan.
   */
  serve(admission: Admission, packet: PredicateSpec | undefined, plan: Plan): void {
    this.networkIn.admission = admission;
    this.tcp.serve(plan.predicates);
    if (packet === undefined || this.#world.tun === undefined) return;
    if (this.#tunRx === undefined) this.#tunRx = new TunRx(this.#world.tun, packet, (cause) => this.#read(cause));
    else this.#tunRx.event = packet;
  }

  /** How many tuples have left a step so far: for the network, the device, or a step of their own. */
  #left(): number {
    return this.networkOut.counters.in + this.tunTx.counters.in + this.mux.counters.in;
  }

  #read(cause: StepInput): void {
    if (this.#snitch.isOn) this.#snitch.crossed("TunRx", "out", "Mux", cause.tuple);
    this.mux.push(cause);
  }
}
