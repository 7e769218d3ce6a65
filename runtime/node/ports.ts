/**
 * The elements between a node and the world around it: where packets enter (stages 1 and 2 of `dataflow.ts`) and leave (stage 8). They
 * outlive a program swap; `dataflow.ts` joins them to the elements of the running program.
 */
import { Mux } from "../elements/mux.ts";
import { NetworkIn } from "../elements/network-in.ts";
import { NetworkOut } from "../elements/network-out.ts";
import type { FindUnreferenced } from "../socket/socket-calls.ts";
import { Tcp } from "../elements/tcp.ts";
import { TapRx } from "../elements/tap-rx.ts";
import { TapTx } from "../elements/tap-tx.ts";
import { TunRx } from "../elements/tun-rx.ts";
import { TunTx } from "../elements/tun-tx.ts";
import { UdpRx } from "../elements/udp-rx.ts";
import { UdpTx } from "../elements/udp-tx.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Limits } from "../engine/limits/limits.ts";
import { DeviceRoutes } from "../ip/device-routes.ts";
import { OwnDatagrams } from "../ip/own-datagrams.ts";
import { PeerCounters } from "../observe/peer-counters.ts";
import { UnroutedPackets } from "../observe/unrouted-packets.ts";
import { DeviceMtus } from "../path/device-mtu.ts";
import { Liveness } from "../path/liveness.ts";
import { PathSizes } from "../path/path-sizes.ts";
import { TooBig } from "../path/too-big.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { SocketLimits } from "../socket/socket-limits.ts";
import type { Admission } from "../wire/admission.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Device, World } from "../world/world.ts";

export interface PortOptions {
  readonly world: World;
  readonly streams: RandomStreams;
  readonly limits: Limits;
  readonly socketLimits: SocketLimits;
  /** Called, with a message for the log, when the node adapts to the sizes of datagrams that a path carries. */
  readonly onAdapted: (message: string) => void;
  /** Runs the step of an input. Mux calls it when it is the turn of the input. False when the step exceeded a limit and was aborted. */
  readonly step: (input: StepInput) => boolean;
  readonly findUnreferenced: FindUnreferenced;
}

/** Events of device packets, which are undefined if no rule subscribes to them. */
export interface DeviceEvents {
  readonly tun: PredicateSpec | undefined;
  readonly tap: PredicateSpec | undefined;
}

/** Functions of the running program that process datagrams, packets and socket outcomes: stages 1 and 2 of `dataflow.ts`. */
export interface PortOutputs {
  fromNetwork(input: StepInput): void;
  fromDevice(input: StepInput): void;
  fromSockets(input: StepInput, port: string): void;
  /** Takes a datagram of a socket that rules opened. */
  fromUdp(input: StepInput): void;
}

/** The elements between a node and the world around it. They outlive a program swap: `serve` hands them to the next program. */
export class NodePorts {
  readonly peers: PeerCounters = new PeerCounters();
  readonly unrouted: UnroutedPackets = new UnroutedPackets();
  readonly paths: PathSizes;
  readonly liveness: Liveness;
  readonly mux: Mux;
  readonly networkIn: NetworkIn;
  readonly networkOut: NetworkOut;
  readonly tunRx: TunRx;
  readonly tunTx: TunTx;
  readonly tapRx: TapRx;
  readonly tapTx: TapTx;
  readonly tcp: Tcp;
  readonly udpRx: UdpRx;
  readonly udpTx: UdpTx;
  readonly #world: World;
  readonly #step: (input: StepInput) => boolean;
  /** Recognises the datagrams of the node's socket. */
  readonly ownDatagrams: OwnDatagrams;
  #outputs: PortOutputs | undefined;

  constructor({ world, streams, limits, socketLimits, onAdapted: adapted, step, findUnreferenced }: PortOptions) {
    const { clock, datagrams, devices, flowCache } = world;
    const [tuns, taps] = (["tun", "tap"] as const).map(
      (kind) => new DeviceRoutes(devices.filter((device) => device.kind === kind)),
    ) as [DeviceRoutes<Device>, DeviceRoutes<Device>];
    this.#world = world;
    this.#step = step;
    const yielding = (isYielding: boolean): void => flowCache?.block("steps", isYielding);
    this.mux = new Mux(clock, limits, (input) => this.#runStep(input), yielding);
    const random = world.secret ?? ((): number => streams.stream("paths").next());
    this.paths = new PathSizes({ clock, datagrams, random, changed: adapted });
    this.liveness = new Liveness(clock, datagrams, this.peers, this.paths);
    this.networkIn = new NetworkIn(world, this.peers, this.paths, (input) => this.#outputs?.fromNetwork(input));
    const { peers, paths, liveness } = this;
    const sizes = { tooBig: new TooBig(tuns, clock), deviceMtus: new DeviceMtus(devices, adapted) };
    this.networkOut = new NetworkOut({ datagrams, peers, paths, liveness, ...sizes });
    this.ownDatagrams = new OwnDatagrams(datagrams.address, world.isLocalHost ?? ((): boolean => false));
    this.tunRx = new TunRx(tuns.all, this.ownDatagrams, (input) => this.#outputs?.fromDevice(input));
    this.tunTx = new TunTx(tuns);
    this.tapRx = new TapRx(taps.all, (input) => this.#outputs?.fromDevice(input));
    this.tapTx = new TapTx(taps);
    const sockets = {
      now: (): number => clock.now(),
      findUnreferenced,
      out: (input: StepInput, port: string): void => this.#outputs?.fromSockets(input, port),
    };
    this.tcp = new Tcp({ ...sockets, streams: world.streams, limits: socketLimits, draw: streams.stream("sockets") });
    this.udpRx = new UdpRx({
      ...sockets,
      udp: world.udp,
      limit: socketLimits.datagramSockets,
      draw: streams.stream("udp sockets"),
      received: (input) => this.#outputs?.fromUdp(input),
    });
    this.udpTx = new UdpTx(this.udpRx.sockets, sizes.tooBig, sizes.deviceMtus);
  }

  /**
   * Serves a program from now on. `outputs` gets the tuples from the network that `admission` admits, and the outcomes and datagrams of
   * sockets. If `events.tun` or `events.tap` is defined, `outputs` also gets this event for each packet of the devices of that kind.
   */
  serve(outputs: PortOutputs, admission: Admission, events: DeviceEvents, plan: Plan): void {
    this.#outputs = outputs;
    this.networkIn.admission = admission;
    this.tcp.serve(plan.predicates);
    this.udpRx.serve(plan.predicates);
    this.tunRx.serve(events.tun);
    this.tapRx.serve(events.tap);
  }

  /** Discards the queued inputs, stops the probes, and closes the sockets and devices. */
  async close(): Promise<void> {
    this.mux.close();
    this.paths.stop();
    this.liveness.stop();
    const { datagrams, devices, streams } = this.#world;
    const ends = [datagrams, ...devices].map((end) => end.close());
    await Promise.all([...ends, streams?.close(), this.udpRx.sockets.stop()]);
  }

  /** Approximate memory of queued inputs, of fragments, and of data that waits at TCP sockets, in bytes. */
  get queuedBytes(): number {
    return this.mux.bytes + this.networkIn.reassembly.bytes + this.tcp.sockets.budget.used;
  }

  /** Closes the sockets that no row, input or call references. */
  reclaimSockets(): void {
    this.tcp.reclaim();
    this.udpRx.reclaim();
  }

  #runStep(input: StepInput): void {
    const before = this.#handedOn();
    if (!this.#step(input)) input.onAborted?.();
    if (input.provenance === "device" && this.#handedOn() === before) this.unrouted.note(input);
  }

  /** Number of tuples that steps have passed on so far: to the network, the device, sockets of rules, or later steps. */
  #handedOn(): number {
    const { networkOut, tunTx, tapTx, udpTx, mux } = this;
    return networkOut.counters.in + tunTx.counters.in + tapTx.counters.in + udpTx.counters.in + mux.counters.in;
  }
}
