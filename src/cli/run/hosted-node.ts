/**
 * One node of a process of `mosaic run`, with the objects that serve this node alone: its world, compiler, control socket and log.
 * `run.ts` opens all nodes of the process, then starts them.
 */
import { defaultLimits, type Limits, memoryLimits } from "../../../runtime/engine/limits/limits.ts";
import { Node } from "../../../runtime/node/node.ts";
import type { NodeSettings } from "../../../runtime/node/node-settings.ts";
import { presentNames } from "../../../runtime/node/own-addresses.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import type { Program } from "../../../runtime/node/program.ts";
import { formatWatchLine, type WatchLine } from "../../../runtime/observe/watch.ts";
import type { SenderNames } from "../../../runtime/wire/sender.ts";
import type { World } from "../../../runtime/world/world.ts";
import type { ColumnNames } from "../../query/column-names.ts";
import { runFailed } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Log } from "../terminal/log.ts";
import type { LoggedOutput } from "../terminal/output.ts";
import { DeviceWatch } from "./device-watch.ts";
import { DropLog } from "./drop-log.ts";
import { factsOfPeers } from "./facts-of-peers.ts";
import { NodeCompiler } from "./node-compiler.ts";
import { openControlSocket } from "./node-control.ts";
import type { RunOptions } from "./run.ts";

/** A compiled program with the facts of the command line. */
export interface Prepared {
  /** Files of the program, with `tunnel.mzl` if it was added for the device. */
  readonly files: readonly string[];
  readonly program: Program;
  readonly columns: ColumnNames;
  /** Facts of the peers and of the fact directories. */
  readonly facts: NodeSettings["facts"];
  /** Facts of the fact directories alone. */
  readonly directoryFacts: NodeSettings["facts"];
}

/** World of a node, and its endpoint names: the addresses at which the node accepts tuples for itself. */
export interface NodeEndpoint {
  readonly world: World;
  readonly names: readonly string[];
  /** The addresses of `--addr`, which are the first elements of `names`. */
  readonly announced: readonly string[];
}

/** The names of a peer whose key the user has given: the one that the user wrote. */
const PEER_NAMES: SenderNames = { namesOf: (principal) => [principal] };

/** A node of this process. */
export class HostedNode {
  readonly node: Node;
  readonly names: readonly string[];
  readonly world: World;
  readonly compiler: NodeCompiler;
  /** Log of the node. Its lines name the node if the process runs several nodes. */
  readonly log: Log;

  /** `all` are the endpoints of all nodes of the process. */
  constructor(
    prepared: Prepared,
    endpoint: NodeEndpoint,
    all: readonly NodeEndpoint[],
    options: RunOptions,
    output: LoggedOutput,
  ) {
    const { world, announced } = endpoint;
    const names = presentNames(endpoint, world.host);
    const [name = ""] = names;
    const isOneOfMany = all.length > 1;
    this.world = world;
    this.names = names;
    this.log = isOneOfMany ? output.log.named(name) : output.log;
    // `--peer` may name all nodes of the process. Each node leaves out its own address.
    const isOther = ({ address }: Peer): boolean => typeof address !== "string" || !names.includes(address);
    const peers = isOneOfMany ? options.peers.filter(isOther) : options.peers;
    const { pcap, json, watch, sendRate, secrets } = options;
    const show = (line: WatchLine): void => output.result(watchText(line, json, isOneOfMany));
    this.node = new Node(prepared.program, world, {
      names: endpoint.names,
      announced,
      facts: [...factsOfPeers(prepared.program.plan, peers), ...prepared.directoryFacts],
      ...(options.links.kind === "sealed" && { senderNames: PEER_NAMES }),
      ...(isOneOfMany && { processNames: all.map((one) => one.names) }),
      watch,
      limits: limitsOf(options.memory, all.length),
      ...(sendRate !== undefined && { sendRate }),
      ...(secrets !== undefined && { secrets }),
      ...(pcap !== "-" && { onWatch: show }),
      outputQueues: () =>
        [...output.queues].map(([queue, { length, limit, dropped }]) => ({
          queue,
          length,
          limit,
          unit: "bytes",
          dropped,
        })),
      onLog: (message) => this.log.rateLimited(message),
      onFailure: (message) => this.log.warn(message),
      onAdapted: (message) => this.log.info(message),
    });
    this.compiler = new NodeCompiler(options, prepared.columns, peers, options.factDirectories);
  }

  /** Opens the control socket and starts the node. Throws `Failure` if the socket or the facts are refused. */
  async start(options: RunOptions, resources: AsyncDisposableStack): Promise<void> {
    const { node, compiler, world, log } = this;
    const control = await openControlSocket(node, compiler, options.control, world.datagrams, log);
    resources.defer(() => control?.close());
    if (!node.start()) await this.#failStart();
    const dropLog = new DropLog(() => node.trafficMetrics(), log);
    resources.defer(() => dropLog.stop());
    for (const [at, device] of world.devices.entries()) {
      const deviceWatch = new DeviceWatch(device, options.devices[at]?.restore === true, log);
      resources.defer(() => deviceWatch.stop());
    }
  }

  async #failStart(): Promise<never> {
    this.log.flush();
    await this.node.stop();
    throw runFailed("the facts could not be loaded");
  }
}

/** Returns the limits of memory of one of `count` nodes. The nodes share the memory equally, and one step runs at a time. */
function limitsOf(memory: number | undefined, count: number): Partial<Limits> {
  if (memory === undefined && count === 1) return {};
  const limits = memory === undefined ? defaultLimits : memoryLimits(memory);
  return { ...limits, memory: limits.memory / count };
}

function watchText(line: WatchLine, isJson: boolean, isNamed: boolean): string {
  if (isJson) return jsonText(line);
  return isNamed ? `${line.node}: ${formatWatchLine(line)}` : formatWatchLine(line);
}
