/**
 * The dataflow of one node: which element hands a tuple to which.
 *
 * Inbound, from the world:
 *  1. NetworkIn decodes a datagram, TunRx a packet of a TUN device, and TapRx a frame of a TAP device. Tcp and UdpRx get outcomes of
 *     socket calls; UdpRx also gets the datagrams of sockets that rules opened. Each of these becomes the input of a step.
 *  2. Mux queues inputs. One input starts one step of the engine, which passes every event of the step to `receive`.
 *  3. OverlayRecvUnwrap removes the headers of overlays that end here.
 *  4. ReceiveDemux passes a tuple to the strands that subscribe to it, to its table, to TunTx or TapTx, to Tcp, UdpRx or UdpTx, or to
 *     ViewChannel.
 * Outbound, from a strand:
 *  5. RoundRobin collects the tuples that strands send for one batch of events, and passes them on in order.
 *  6. LocSpecDemux chooses by location: back to Mux, to NetworkOut, or to an overlay.
 *  7. OverlaySendWrap turns `x@ov::addr` into the event `ov.send(addr, x)` of the same round, or into `else.send` if the overlay is
 *     not loaded: back to 3.
 *  8. When the step commits, NetworkOut encodes and sends, TunTx and TapTx write, UdpTx sends, ViewChannel sends the changes of rows for
 *     other nodes, LocSpecDemux queues the inputs for this node, and Tcp and UdpRx perform calls. If the step aborts, nothing leaves.
 *
 * The functions below stand in this order.
 */
import type { Edge } from "../elements/edge.ts";
import { type Element, elementId } from "../elements/element.ts";
import { LocSpecDemux, type OverlayOutput } from "../elements/loc-spec-demux.ts";
import { OverlayRecvUnwrap } from "../elements/overlay-recv-unwrap.ts";
import { OverlaySendWrap } from "../elements/overlay-send-wrap.ts";
import { ReceiveDemux } from "../elements/receive-demux.ts";
import { type Outgoing, RoundRobin } from "../elements/round-robin.ts";
import type { TapRx } from "../elements/tap-rx.ts";
import { ViewChannel } from "../elements/view-channel.ts";
import { Wiring } from "../elements/wiring.ts";
import type { Dataflow, Engine } from "../engine/engine.ts";
import { SendLimit } from "../engine/limits/send-limit.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { Snitch } from "../observe/snitch.ts";
import type { Plan } from "../plan/contract/plan.ts";
import { socketElements } from "../plan/contract/socket-elements.ts";
import type { Address } from "../plan/values/address.ts";
import { ELSE } from "../plan/values/location.ts";
import type { Packet, Provenance, Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { socketViewName } from "../plan/values/socket-view.ts";
import { UDP_RECV, UDP_SEND } from "../plan/values/udp-call.ts";
import type { Value } from "../plan/values/value.ts";
import { Admission } from "../wire/admission.ts";
import { carriesDevicePacket } from "../wire/device-packet.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Clock, Device } from "../world/world.ts";
import { RowQuotas } from "../engine/tables/row-quotas.ts";
import type { SenderNames } from "../wire/sender.ts";
import { SenderChecks } from "./sender-checks.ts";
import { LimitedSends, type ReportLimited } from "./limited-sends.ts";
import type { NodePorts, PortOutputs } from "./ports.ts";

export interface DataflowOptions {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly ports: NodePorts;
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly snitch: Snitch;
  /** Whether this node answers to the address. */
  readonly isOwn: (address: Value) => boolean;
  /** Tuples that a rule may send to one location in a second; infinite if there is no limit. */
  readonly sendRate: number;
  /** Called when a tuple of a rule exceeds the rate: for the first such tuple, then at most once a minute for each rule. */
  readonly limited: ReportLimited;
  /** Names of the senders; undefined if links have no keys. */
  readonly senderNames: SenderNames | undefined;
  /** Called for each tuple from the network, before its step. */
  readonly received: (tuple: Tuple, from: Value) => void;
  /** Called for each tuple that a rule sends to a location. */
  readonly sent: (tuple: Tuple, location: Value) => void;
}

/** The elements of one program on one node, and their edges. */
export class NodeDataflow implements Dataflow, PortOutputs {
  readonly ports: NodePorts;
  readonly demux: LocSpecDemux;
  /** Present when the program has rules that derive rows for other nodes. */
  readonly channel: ViewChannel | undefined;
  /**
   * The elements of the plan's graph, and those that read devices: first those that receive, then those that work within a round, then
   * those that act when the step ends. The dataflow calls `flushRound`, `commit` and `abort` of the elements in this order. Counters, drop
   * reasons and metrics come from this array alone.
   */
  readonly elements: readonly Element[];
  readonly #flushing: readonly Flushing[];
  readonly #committing: readonly Committing[];
  readonly #plan: Plan;
  readonly #engine: Engine;
  readonly #snitch: Snitch;
  readonly #received: (tuple: Tuple, from: Value) => void;
  readonly #sent: (tuple: Tuple, location: Value) => void;
  readonly #isOwn: (address: Value) => boolean;
  readonly #sendLimit: SendLimit;
  readonly #limitedSends: LimitedSends;
  readonly #edges: Edges;
  readonly #checks: SenderChecks;
  readonly #rowQuotas = new RowQuotas();
  readonly #admission: Admission;
  readonly #unwrap: OverlayRecvUnwrap;
  readonly #receiveDemux: ReceiveDemux;
  readonly #roundRobin: RoundRobin;

  /** Throws when the edges differ from the graph of the plan. The ports are not used before `takePorts`. */
  constructor(options: DataflowOptions) {
    const { plan, engine, ports, clock, streams, snitch, isOwn, received, sent, sendRate, limited, senderNames } =
      options;
    this.#plan = plan;
    this.#engine = engine;
    this.ports = ports;
    this.#snitch = snitch;
    this.#received = received;
    this.#sent = sent;
    this.#isOwn = isOwn;
    this.#sendLimit = new SendLimit(sendRate, plan.strands.length + 1);
    this.#limitedSends = new LimitedSends(plan, sendRate, limited);
    this.#edges = checkedEdges(plan, snitch);
    const hasRow = (table: number, first: Value): boolean => engine.tables[table]?.hasFirst(first) === true;
    this.#checks = new SenderChecks({ names: senderNames, now: () => clock.now(), hasRow });
    this.#admission = new Admission(plan, this.#checks);
    this.#unwrap = new OverlayRecvUnwrap(this.#admission, () => engine.source, this.#toReceiveDemux);
    this.#receiveDemux = new ReceiveDemux({
      toTable: this.#toTable,
      hasRoomFor: this.#hasRoomFor,
      toStrands: (tuple) => engine.react(tuple),
      toTun: this.#toTun,
      toTap: this.#toTap,
      toSockets: this.#toSockets,
      toUdpTx: this.#toUdpTx,
      toChannel: this.#toChannel,
    });
    this.#roundRobin = new RoundRobin(this.#toLocSpecDemux);
    const wraps = this.#overlayWraps();
    const toOverlays = new Map(wraps.map((wrap) => [wrap.label, this.#overlayInput(wrap)]));
    const elseWrap = this.#elseWrap();
    const toElse = elseWrap && this.#elseInput(elseWrap);
    const open = (packet: Packet): readonly Tuple[] => this.#unwrap.open(packet);
    const [toLocalInput, toLocalFirst, toNetwork] = [this.#toMux, this.#toMuxFirst, this.#toNetwork];
    this.demux = new LocSpecDemux({ isOwn, toLocal: toLocalInput, toLocalFirst, toNetwork, open, toOverlays, toElse });
    const { networkOut } = ports;
    const [toTable, toLocal] = [this.#channelToTable, this.#channelToMux];
    this.channel = hasElement(plan, "ViewChannel")
      ? new ViewChannel(plan, {
          engine,
          clock,
          streams,
          networkOut,
          isOwn,
          toTable,
          toLocal,
          takeRow: this.#takeRow,
        })
      : undefined;
    this.elements = this.#elementsOf(elseWrap === undefined ? wraps : [...wraps, elseWrap]);
    this.#flushing = this.elements.filter((element): element is Flushing => element.flushRound !== undefined);
    this.#committing = this.elements.filter((element): element is Committing => element.commit !== undefined);
  }

  #elementsOf(wraps: readonly OverlaySendWrap[]): readonly Element[] {
    const { networkIn, networkOut, mux, tunRx, tunTx, tapRx, tapTx, tcp, udpRx, udpTx } = this.ports;
    return [
      networkIn,
      // A device is read also if the program has no rule for its packets; they are counted.
      ...(hasElement(this.#plan, "TunRx") || tunRx.devices.length > 0 ? [tunRx] : []),
      ...(hasElement(this.#plan, "TapRx") || tapRx.devices.length > 0 ? [tapRx] : []),
      mux,
      this.#unwrap,
      this.#receiveDemux,
      this.#roundRobin,
      ...wraps,
      networkOut,
      ...(hasElement(this.#plan, "TunTx") ? [tunTx] : []),
      ...(hasElement(this.#plan, "TapTx") ? [tapTx] : []),
      ...(this.channel === undefined ? [] : [this.channel]),
      this.demux,
      // Datagrams leave before the calls of their step are performed, because a call may close the socket.
      ...(hasElement(this.#plan, "UdpTx") ? [udpTx] : []),
      ...(this.hasStreams ? [tcp] : []),
      ...(this.hasUdp ? [udpRx] : []),
    ];
  }

  /** Whether the program uses TCP. */
  get hasStreams(): boolean {
    return hasElement(this.#plan, "Tcp");
  }

  /** Whether the program opens UDP sockets or reads their datagrams. */
  get hasUdp(): boolean {
    return hasElement(this.#plan, "UdpRx");
  }

  /** Number of tuples that were counted against a rate of their sender. */
  get countedTuples(): number {
    return this.#checks.counted;
  }

  /** Number of tuples that all elements dropped, by reason. */
  get drops(): ReadonlyMap<string, number> {
    const drops = new Map<string, number>();
    for (const { counters } of this.elements) {
      for (const [reason, count] of counters.dropped) drops.set(reason, (drops.get(reason) ?? 0) + count);
    }
    return drops;
  }

  /** Takes over the ports. After a program swap `previous` is the dataflow that had them before; its counts continue in this one. */
  takePorts(previous?: NodeDataflow): void {
    this.ports.serve(this, this.#admission, { tun: this.#eventOf("tun"), tap: this.#eventOf("tap") }, this.#plan);
    if (previous !== undefined) this.#continue(previous);
    for (const element of this.elements) {
      element.counters.onDrop = (reason) => this.#snitch.dropped(elementId(element), reason);
    }
  }

  /** Warnings about devices whose packets no rule reads. */
  get unreadDevices(): readonly string[] {
    const { tunRx, tapRx } = this.ports;
    const unread = (kind: Device["kind"], noun: string, { devices }: Pick<TapRx, "devices">): readonly string[] =>
      devices.length === 0 || this.#eventOf(kind) !== undefined
        ? []
        : [`no rule reads \`${kind}\`: the ${noun} of ${devices.map(({ name }) => name).join(", ")} are dropped`];
    return [...unread("tun", "packets", tunRx), ...unread("tap", "frames", tapRx)];
  }

  /** Returns the event of device packets; undefined if no rule subscribes to it. */
  #eventOf(kind: Device["kind"]): PredicateSpec | undefined {
    return this.#plan.predicates.find(({ id, role }) => role.kind === kind && this.#engine.isSubscribed(id));
  }

  #continue(previous: NodeDataflow): void {
    const tables = new Map(this.#engine.tables.map((table) => [table?.predicate.name, table]));
    this.#rowQuotas.continue(previous.#rowQuotas, (name) => tables.get(name));
    previous.channel?.stop();
    this.channel?.resume();
    this.demux.addCountersOf(previous.demux);
    const before = new Map(previous.elements.map((element) => [elementId(element), element.counters]));
    for (const element of this.elements) {
      const counters = before.get(elementId(element));
      // The elements of the ports belong to both dataflows, so nothing need be added to their counters.
      if (counters !== undefined && counters !== element.counters) element.counters.addCountersOf(counters);
    }
  }

  // 1. Each datagram, packet and socket outcome becomes the input of a step, which Mux queues.

  fromNetwork(input: StepInput): void {
    this.#received(input.tuple, input.source);
    this.#edges.networkToMux.trace(input.tuple, input.source);
    this.ports.mux.push(input);
  }

  fromDevice(input: StepInput): void {
    const { tunToMux, tapToMux } = this.#edges;
    (input.tuple.predicate.role.kind === "tap" ? tapToMux : tunToMux)?.trace(input.tuple);
    this.ports.mux.push(input);
  }

  fromSockets(input: StepInput, port: string): void {
    this.#edges.socketsToMux.get(port)?.trace(input.tuple);
    this.ports.mux.pushReserved(input);
  }

  fromUdp(input: StepInput): void {
    this.#edges.socketsToMux.get(UDP_RECV)?.trace(input.tuple, input.source);
    this.ports.mux.push(input);
  }

  // 2. Mux starts a step, and the engine passes each event of the step to `receive`.

  receive(tuple: Tuple, provenance: Provenance): void {
    this.#edges.muxToUnwrap.trace(tuple);
    this.#unwrap.push(tuple, provenance);
  }

  // 3. OverlayRecvUnwrap passes on a tuple.

  readonly #toReceiveDemux = (tuple: Tuple, provenance: Provenance): void => {
    this.#edges.unwrapToReceive.trace(tuple);
    this.#receiveDemux.push(tuple, provenance);
  };

  // 4. ReceiveDemux passes a tuple to its consumer. The engine reports the edges to the strands to the snitch.

  readonly #toTable = (tuple: Tuple): void => {
    this.#edges.receiveToTables.trace(tuple);
    this.#engine.change(tuple);
  };

  readonly #hasRoomFor = (tuple: Tuple): boolean => {
    const { predicate, isDelete } = tuple;
    if (isDelete || predicate.accepts?.some(({ rows }) => rows !== undefined) !== true) return true;
    const sender = this.#engine.senderOf(tuple);
    const most = this.#checks.rowsOf(tuple, sender);
    return this.#rowQuotas.take(this.#engine.store.table(predicate.id), tuple, this.#checks.ownerOf(sender), most);
  };

  readonly #toTun = (tuple: Tuple): void => {
    this.#edges.receiveToTun?.trace(tuple);
    this.ports.tunTx.push(tuple);
  };

  readonly #toTap = (tuple: Tuple): void => {
    this.#edges.receiveToTap?.trace(tuple);
    this.ports.tapTx.push(tuple);
  };

  readonly #toSockets = (tuple: Tuple, provenance: Provenance): void => {
    if (this.#snitch.isOn) this.#edges.receiveToSockets.get(socketPort(tuple))?.trace(tuple);
    if (tuple.predicate.role.kind === "tcp") this.ports.tcp.push(tuple, provenance);
    else this.ports.udpRx.push(tuple, provenance);
  };

  readonly #toUdpTx = (tuple: Tuple): void => {
    this.#edges.receiveToSockets.get(UDP_SEND)?.trace(tuple);
    this.ports.udpTx.push(tuple);
  };

  readonly #toChannel = (tuple: Tuple, provenance: Provenance): void => {
    this.#edges.receiveToChannel?.trace(tuple);
    this.channel?.push(tuple, provenance, this.#engine.source);
  };

  readonly #takeRow = (location: string, now: number): boolean => {
    const isTaken = this.#sendLimit.take(this.#plan.strands.length, location, now);
    if (!isTaken) this.#limitedSends.addRow(location, now);
    return isTaken;
  };

  readonly #channelToTable = (tuple: Tuple): void => {
    this.#edges.channelToTables?.trace(tuple);
    this.#engine.change(tuple);
  };

  readonly #channelToMux = (input: StepInput): void => {
    this.#edges.channelToMux?.trace(input.tuple, input.source);
    this.ports.mux.push(input);
  };

  // 5. A strand sends; `flushRound` follows at the end of each batch of events.

  send(tuple: Tuple, location: Value, strand: number): void {
    if (!this.#mayLeave(tuple, location, strand)) return this.#dropLimited(location, strand);
    this.#sent(tuple, location);
    if (this.#snitch.isOn) this.#snitch.left(strand, tuple, location);
    this.#roundRobin.push({ tuple, location });
  }

  /**
   * Whether the send rate of the rule admits the tuple. Tuples in steps of the device or of an operator are exempt. Device packets are
   * exempt too, unless a step that a rule caused sends one to this node, which may be a loop. To find a device packet, a packet in transit
   * is decoded only when the rule is close to its rate.
   */
  #mayLeave(tuple: Tuple, location: Value, strand: number): boolean {
    const { provenance, now } = this.#engine;
    if (provenance === "device" || provenance === "operator" || strand < 0) return true;
    const isLoop = provenance === "rule" && this.#isOwn(location);
    if (!isLoop && carriesDevicePacket(tuple, this.#sendLimit.isStrained(strand, location, now))) return true;
    return this.#sendLimit.take(strand, location, now);
  }

  #dropLimited(location: Value, strand: number): void {
    const { counters, now } = this.#engine;
    (counters.limited[strand] as number)++;
    this.#limitedSends.add(strand, location, now);
  }

  flushRound(): void {
    for (const element of this.#flushing) element.flushRound();
  }

  readonly #toLocSpecDemux = (outgoing: Outgoing): void => {
    this.#edges.roundRobinToDemux.trace(outgoing.tuple, outgoing.location);
    this.demux.push(outgoing);
  };

  // 6. LocSpecDemux passes a tuple on, according to its location. `#toMux` and `#toMuxFirst` are called when the step commits.

  readonly #toMux = (input: StepInput): void => {
    this.#edges.demuxToMux.trace(input.tuple, input.source);
    this.ports.mux.push(input);
  };

  readonly #toMuxFirst = (inputs: readonly StepInput[]): void => {
    for (const { tuple, source } of inputs) this.#edges.demuxToMux.trace(tuple, source);
    this.ports.mux.pushFirst(inputs);
  };

  readonly #toNetwork = (to: string, tuple: Tuple): void => {
    this.#edges.demuxToNetwork.trace(tuple, to);
    this.ports.networkOut.push(to, tuple);
  };

  #overlayInput(wrap: OverlaySendWrap): OverlayOutput {
    const edge = this.#edges.demuxToOverlay.get(wrap.label) as Edge;
    const { takesOptions } = wrap;
    const push = ({ node, options }: Address, tuple: Tuple): void => {
      edge.trace(tuple, node);
      wrap.push(takesOptions ? [node, options] : [node], tuple);
    };
    return { takesOptions, push };
  }

  #elseInput(wrap: OverlaySendWrap): (to: Address, tuple: Tuple) => void {
    return (to, tuple) => {
      this.#edges.demuxToElse?.trace(tuple, to);
      wrap.push([to], tuple);
    };
  }

  // 7. OverlaySendWrap passes on a send event, which joins the round.

  #overlayWraps(): readonly OverlaySendWrap[] {
    return sendingOverlays(this.#plan).map(({ name, send }) => {
      const edge = this.#edges.overlayToMux.get(name) as Edge;
      return this.#wrap(name, this.#plan.predicates[send] as PredicateSpec, edge);
    });
  }

  /** Creates the element for tuples of overlays that are not loaded; undefined if no rule reads `else.send`. */
  #elseWrap(): OverlaySendWrap | undefined {
    const edge = this.#edges.elseToMux;
    const send = elseSend(this.#plan);
    return edge && send && this.#wrap(ELSE, send, edge);
  }

  #wrap(label: string, send: PredicateSpec, edge: Edge): OverlaySendWrap {
    return new OverlaySendWrap(label, send, (tuple, provenance) => {
      edge.trace(tuple);
      this.#engine.inject(tuple, provenance);
    });
  }

  // 8. The step ends.

  commit(): void {
    this.#rowQuotas.commit();
    for (const element of this.#committing) element.commit();
  }

  abort(): void {
    this.#rowQuotas.abort();
    for (const element of this.elements) element.abort?.();
  }
}

type Flushing = Element & Required<Pick<Element, "flushRound">>;
type Committing = Element & Required<Pick<Element, "commit">>;
type Edges = ReturnType<typeof edgesOf>;

/** Creates the edges of a dataflow. Throws if they differ from the plan's graph. */
function checkedEdges(plan: Plan, snitch: Snitch): Edges {
  const wiring = new Wiring(snitch);
  const edges = edgesOf(wiring, plan);
  wiring.check(plan);
  return edges;
}

/** Creates each edge between elements. The edges to and from strands belong to the engine. */
function edgesOf(wiring: Wiring, plan: Plan) {
  const when = (element: string, from: string, port: string, to: string): Edge | undefined =>
    hasElement(plan, element) ? wiring.edge(from, port, to) : undefined;
  const overlays = sendingOverlays(plan).map(({ name }) => name);
  const sockets = socketElements(plan.predicates.map(({ role }) => role));
  const readsElse = elseSend(plan) !== undefined;
  when("ViewChannel", "Tables", "views", "ViewChannel");
  when("ViewChannel", "ViewChannel", "out", "NetworkOut");
  wiring.edge("LocSpecDemux", "else", "Discard");
  return {
    networkToMux: wiring.edge("NetworkIn", "out", "Mux"),
    tunToMux: when("TunRx", "TunRx", "out", "Mux"),
    tapToMux: when("TapRx", "TapRx", "out", "Mux"),
    socketsToMux: new Map(
      sockets.flatMap(({ name, raises }) => raises.map((port) => [port, wiring.edge(name, port, "Mux")] as const)),
    ),
    muxToUnwrap: wiring.edge("Mux", "out", "OverlayRecvUnwrap"),
    unwrapToReceive: wiring.edge("OverlayRecvUnwrap", "out", "ReceiveDemux"),
    receiveToTables: wiring.edge("ReceiveDemux", "rows", "Tables"),
    receiveToTun: when("TunTx", "ReceiveDemux", "tun", "TunTx"),
    receiveToTap: when("TapTx", "ReceiveDemux", "tap", "TapTx"),
    receiveToSockets: new Map(
      sockets.flatMap(({ name, takes }) =>
        takes.map((port) => [port, wiring.edge("ReceiveDemux", port, name)] as const),
      ),
    ),
    receiveToChannel: when("ViewChannel", "ReceiveDemux", "views", "ViewChannel"),
    channelToTables: when("ViewChannel", "ViewChannel", "rows", "Tables"),
    channelToMux: when("ViewChannel", "ViewChannel", "local", "Mux"),
    roundRobinToDemux: wiring.edge("RoundRobin", "out", "LocSpecDemux"),
    demuxToMux: wiring.edge("LocSpecDemux", "local", "Mux"),
    demuxToNetwork: wiring.edge("LocSpecDemux", "ip", "NetworkOut"),
    demuxToOverlay: new Map(
      overlays.map((name) => [name, wiring.edge("LocSpecDemux", name, `OverlaySendWrap(${name})`)]),
    ),
    demuxToElse: readsElse ? wiring.edge("LocSpecDemux", "else.send", `OverlaySendWrap(${ELSE})`) : undefined,
    elseToMux: readsElse ? wiring.edge(`OverlaySendWrap(${ELSE})`, "out", "Mux") : undefined,
    overlayToMux: new Map(overlays.map((name) => [name, wiring.edge(`OverlaySendWrap(${name})`, "out", "Mux")])),
  };
}

function hasElement({ graph }: Plan, name: string): boolean {
  return graph.nodes.some(({ element }) => element === name);
}

/** Returns the overlays that carry tuples, that is, define the event `send`; each with the id of this event. */
function sendingOverlays({ overlays }: Plan): readonly { readonly name: string; readonly send: number }[] {
  return overlays.flatMap(({ name, send }) => (send === undefined ? [] : [{ name, send }]));
}

/** The event `else.send`, if a rule reads it. */
function elseSend({ predicates }: Plan): PredicateSpec | undefined {
  return predicates.find(({ role }) => role.kind === "send" && role.overlay === ELSE);
}

function socketPort({ predicate: { role } }: Tuple): string {
  return "event" in role ? socketViewName(role) : "";
}
