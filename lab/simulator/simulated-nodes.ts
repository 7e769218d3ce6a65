/**
 * Nodes of a simulation through the lives of their hosts. `runSimulated` starts nodes here at each boot of a host, and ends them before
 * it crashes the host and at the end of the run. Logs, watched tuples, traces and last states leave as observations.
 */
import type { Control } from "../../runtime/control/control.ts";
import type { Reply } from "../../runtime/control/reply.ts";
import type { Request } from "../../runtime/control/request.ts";
import { Trace } from "../../runtime/control/trace.ts";
import { defaultLimits } from "../../runtime/engine/limits/limits.ts";
import type { Secrets } from "../../runtime/engine/strand-context.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Fact, Peer } from "../../runtime/node/peer-facts.ts";
import type { Program } from "../../runtime/node/program.ts";
import type { World } from "../../runtime/world/world.ts";
import type { NodeState } from "../outcome/inspection.ts";
import type { ByteCounters } from "../outcome/interface-record.ts";
import type { Observe } from "../outcome/observation.ts";
import { announcedBy, type Host } from "../topology/topology.ts";
import { askNode } from "./ask-node.ts";

/** Instruments of one node. */
export interface NodeInstruments {
  /** Returns warnings about drops that are new. Called once a second. */
  sample(): readonly string[];
  /** Returns the drops and failures of the whole life, for the log. */
  summary(): readonly string[];
  state(): NodeState;
}

export interface SimulatedNodesSettings {
  readonly observe: Observe;
  /** Attaches instruments to a node before it starts. Without it, nodes have neither samples nor a last state. */
  readonly instrument?: ((node: Node) => NodeInstruments) | undefined;
  /** Returns the control interface of a node, for events and checks that make requests to it. Without it, nodes answer no requests. */
  readonly controlOf?: ((node: Node, installation: NodeInstallation) => Control) | undefined;
  /** Returns the secrets of a host. Without it, nodes have none. */
  readonly secretsOf?: ((host: Host) => Secrets) | undefined;
  /** Tuples that a rule may send to one location in a second. Default: as on a real host. */
  readonly sendRate?: number | undefined;
  /** Called when a step of a node exceeded a limit. Without it, the node logs a message. */
  readonly onLimit?: ((host: string, limit: string, rule: string) => void) | undefined;
  /** Predicate whose tuples are traced on every host; `all` traces everything. */
  readonly trace?: { readonly predicate: string | undefined; readonly form: "json" | "text" } | undefined;
}

/** Node with all that it needs at a start. */
export interface NodeInstallation {
  readonly host: Host;
  readonly program: Program;
  readonly facts: readonly Fact[];
  readonly watched: readonly string[];
  /** Peers that the node gets as facts. */
  readonly peers: readonly Peer[];
}

interface Life {
  readonly host: string;
  readonly node: Node;
  readonly start: number;
  readonly startedAt: number;
  readonly instruments: NodeInstruments | undefined;
  readonly control: Control | undefined;
}

export class SimulatedNodes {
  readonly #settings: SimulatedNodesSettings;
  readonly #memory: number;
  readonly #lives = new Map<string, Life>();
  readonly #starts = new Map<string, number>();

  /** `hosts` is the number of hosts. They share the memory limit of one process. */
  constructor(settings: SimulatedNodesSettings, hosts: number) {
    this.#settings = settings;
    this.#memory = defaultLimits.memory / hosts;
  }

  /** Starts the node of a host in its new world. Returns false if its facts could not be loaded. */
  start(installation: NodeInstallation, world: World): boolean {
    const { host, program, facts, watched } = installation;
    const { observe, instrument, controlOf, secretsOf, sendRate, onLimit } = this.#settings;
    const { name } = host;
    const { clock } = world;
    const announced = announcedBy(host);
    const start = (this.#starts.get(name) ?? 0) + 1;
    this.#starts.set(name, start);
    const node = new Node(program, world, {
      // A node behind a gateway announces the visible address at the gateway. Other addresses of a host come from its world.
      names: announced,
      announced,
      facts,
      watch: watched,
      ...(secretsOf !== undefined && { secrets: secretsOf(host) }),
      limits: { memory: this.#memory },
      ...(sendRate !== undefined && { sendRate }),
      ...(onLimit !== undefined && { onLimit: (limit: string, rule: string) => onLimit(name, limit, rule) }),
      onWatch: (line) => observe({ kind: "watch", at: clock.now(), host: name, start, line }),
      onLog: (text) => observe({ kind: "log", at: clock.now(), host: name, text, isWarning: true, isFromNode: true }),
      onAdapted: (text) => observe({ kind: "log", at: clock.now(), host: name, text, isFromNode: true }),
      onFailure: (text) =>
        observe({ kind: "log", at: clock.now(), host: name, text, isWarning: true, isFromNode: true }),
    });
    this.#trace(node, name, start);
    const tools = { instruments: instrument?.(node), control: controlOf?.(node, installation) };
    this.#lives.set(name, { host: name, node, start, startedAt: clock.now(), ...tools });
    const files = host.programs.join(" ");
    observe({ kind: "log", at: clock.now(), host: name, text: `running ${files} as ${node.name}` });
    return node.start();
  }

  /** Logs the drops of all nodes since the last call. A node itself logs the derivations that fail. */
  sample(at: number): void {
    for (const { host, instruments } of this.#lives.values())
      for (const text of instruments?.sample() ?? [])
        this.#settings.observe({ kind: "log", at, host, text, isWarning: true });
  }

  /** Reports the bytes of the interfaces of some hosts. A host that is down reports nothing. */
  reportBytes(hosts: Iterable<string>, at: number): void {
    for (const host of hosts) {
      const life = this.#lives.get(host);
      if (life !== undefined) this.#settings.observe({ kind: "bytes", at, host, interfaces: bytesOf(life.node) });
    }
  }

  /** Returns the replies of a host's node to a request. Undefined if the host is down. Called between two steps. */
  ask(host: string, request: Request): readonly Reply[] | undefined {
    const control = this.#lives.get(host)?.control;
    return control && askNode(control, request);
  }

  /** Reports the last state of a node whose life ends. Nothing happens if the host is down. */
  end(host: string, at: number, isKilled: boolean): void {
    const life = this.#lives.get(host);
    this.#lives.delete(host);
    if (life?.instruments === undefined) return;
    const { start, startedAt, instruments } = life;
    const { observe } = this.#settings;
    for (const text of instruments.summary()) observe({ kind: "log", at, host, text });
    observe({ kind: "log", at, host, text: isKilled ? "killed" : "the run ends" });
    observe({ kind: "inspected", at, host, inspection: { start, startedAt, isKilled, ...instruments.state() } });
  }

  endAll(at: number): void {
    // `end` removes the current host from the map, which does not disturb the iteration.
    for (const host of this.#lives.keys()) this.end(host, at, false);
  }

  #trace(node: Node, host: string, start: number): void {
    const { trace, observe } = this.#settings;
    if (trace === undefined) return;
    const { clock } = node;
    new Trace(node, 0, trace.predicate, trace.form, (reply) => {
      if ("seen" in reply) observe({ kind: "trace", at: clock.now(), host, start, line: reply.seen });
      return true;
    });
  }
}

/** Returns the bytes of a node: its datagrams under "", and the packets of its devices as the host sees them. */
function bytesOf(node: Node): ReadonlyMap<string, ByteCounters> {
  const { network, devices } = node.trafficMetrics();
  return new Map([
    ["", { received: network.receivedBytes, sent: network.sentBytes }],
    ...devices.map((one) => [one.name, { received: one.writtenBytes, sent: one.readBytes }] as const),
  ]);
}
