/**
 * A node of `mosaic run`, from the compiled program to the end of the process. `runNode` reads as the list of its steps: compile, open
 * the metrics server, warm up, open the world, give up root, open the control socket, start, wait for a signal that ends the node, shut
 * down.
 */
import { serviceManager } from "../../../runtime/device/service-manager.ts";
import type { HostPort } from "../../../runtime/plan/values/host-port.ts";
import { formatCidr } from "../../../runtime/ip/cidr.ts";
import { memoryLimits } from "../../../runtime/engine/limits/limits.ts";
import { Node, type NodeSettings } from "../../../runtime/node/node.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../../runtime/node/program.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { Tun, World } from "../../../runtime/world/world.ts";
import { type ColumnNames, columnNames } from "../../query/column-names.ts";
import { loadFacts } from "../files/load-facts.ts";
import type { User } from "../options/user.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Log } from "../terminal/log.ts";
import type { LoggedOutput } from "../terminal/output.ts";
import { reportDiagnostics } from "../terminal/report-diagnostics.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkPeers, checkVirtualAddresses } from "./check-virtual-addresses.ts";
import { compileForRun, programFailure, type ProgramOptions } from "./compile-for-run.ts";
import { DeviceLog } from "./device-log.ts";
import { DropLog } from "./drop-log.ts";
import { becomeUser } from "./drop-privileges.ts";
import { dropSummary } from "./drop-summary.ts";
import { endpointNames, warnAboutAddress } from "./endpoint-names.ts";
import { factsOfPeers } from "./facts-of-peers.ts";
import { NodeCompiler } from "./node-compiler.ts";
import { type ControlRequest, openControlSocket } from "./node-control.ts";
import type { TunRequest } from "./open-device.ts";
import { NodeSignals } from "./node-signals.ts";
import { openWorld, type WorldOptions } from "./open-world.ts";
import { optimiseEarly } from "./optimise-early.ts";
import { reloadProgram } from "./reload-program.ts";
import { reportNode } from "./report-node.ts";
import { ServedNode, serveMetrics } from "./serve-metrics.ts";
import { peersInFacts, warnAboutLoops } from "./warn-about-loops.ts";
import { warmUpNode } from "./warm-up.ts";

/** Options of `mosaic run`, as `commands/run.ts` makes them from the command line. */
export interface RunOptions extends ProgramOptions, WorldOptions {
  readonly peers: readonly Peer[];
  /** Directories of `P.facts` and `P.csv`. */
  readonly factDirectories: readonly string[];
  readonly watch: readonly string[];
  readonly json: boolean;
  readonly control: ControlRequest;
  readonly metrics: HostPort | undefined;
  /** User that the process becomes when everything that needs root is open. */
  readonly user: User | undefined;
  /** Limit of the memory for rows and queues, in bytes. */
  readonly memory: number | undefined;
  /** Tuples that a rule may send to one location in a second. */
  readonly sendRate: number | undefined;
  readonly hasPlugins: boolean;
}

/** A compiled program with the facts of the command line. */
interface Prepared {
  /** Files of the program, with `tunnel.mzl` if it was added for the device. */
  readonly files: readonly string[];
  readonly program: Program;
  readonly columns: ColumnNames;
  readonly facts: NodeSettings["facts"];
}

/** Time after the signal in which the program may still send. */
const SHUTDOWN_GRACE_SECONDS = 1;
/** Time after the signal in which the process ends, even if closing hangs. */
const SHUTDOWN_LIMIT_MS = 2_000;
/** Time after the end of the node in which its last lines are read. */
const OUTPUT_LIMIT_MS = 500;

/** Runs a node until a signal ends it. Its device and sockets are removed when the promise resolves. */
export async function runNode(options: RunOptions, output: LoggedOutput): Promise<void> {
  const prepared = prepare(options, output);
  optimiseEarly();
  const signals = new NodeSignals();
  await using resources = new AsyncDisposableStack();
  resources.defer(endWithoutReaders);
  const served = new ServedNode();
  await openMetrics(options, served, output.log, resources);
  await warmUpNode(prepared.program, prepared.facts, options, output.log);
  const deviceLost = new AbortController();
  const onDeviceLost = (code: string): void => deviceLost.abort(code);
  const world = await openWorld(options, prepared.program.plan, onDeviceLost, output.log, resources);
  if (options.user !== undefined) becomeUser(options.user);
  const names = endpointNames(options.listen, options.address, world.datagrams.address);
  const node = newNode(prepared, world, names, options, output);
  const compiler = new NodeCompiler(options, prepared.columns, options.peers, options.factDirectories);
  const control = await openControlSocket(node, compiler, options.control, world.datagrams, output.log);
  resources.defer(() => control?.close());
  if (!node.start()) await failStart(node, output.log);
  const dropLog = new DropLog(() => node.trafficMetrics(), output.log);
  resources.defer(() => dropLog.stop());
  const deviceLog = world.tun && new DeviceLog(world.tun, output.log);
  resources.defer(() => deviceLog?.stop());
  served.setRunning(node);
  announce(prepared, options.tun, names, world.tun, output.log);
  if (options.tun !== undefined && world.tun !== undefined) {
    const peers = [...options.peers.map(({ address }) => address), ...peersInFacts(prepared.facts)];
    warnAboutLoops([...new Set(peers)], world.tun.name, options.tun.address, output.log);
  }
  const manager = serviceManager(process.env, process.pid);
  manager?.ready(`running ${prepared.files.join(" ")} as ${names[0]}`);
  signals.handle({
    onReload: () => reloadProgram(node, compiler, manager, output),
    onReport: () => reportNode(node, output.log),
  });
  await aborted(AbortSignal.any([signals.ended, deviceLost.signal]));
  limitShutdown(output.log);
  served.setStopping();
  manager?.stopping();
  await node.shutdown(SHUTDOWN_GRACE_SECONDS);
  output.log.flush();
  for (const line of dropSummary(node.counters, node.plan)) output.log.info(line);
  if (deviceLost.signal.aborted)
    throw runFailed(
      `the TUN device ${world.tun?.name ?? ""} is gone (${String(deviceLost.signal.reason)}): somebody removed it`,
    );
}

/** Compiles the program and checks the options: all failures that are possible before anything is opened. */
function prepare(options: RunOptions, output: LoggedOutput): Prepared {
  checkPeers(options.peers, options.tun?.address);
  const compilation = compileForRun(options);
  reportDiagnostics(compilation, output);
  const { plan, core } = compilation;
  if (plan === undefined || core === undefined) throw programFailure(compilation.diagnostics);
  const facts = [...factsOfPeers(plan, options.peers), ...loadFacts(options.factDirectories, plan, output)];
  checkVirtualAddresses(plan, facts);
  checkSecrets(plan, options.secrets);
  checkWatched(options.watch, plan);
  return { program: loadProgram(plan), files: compilation.files, columns: columnNames(core), facts };
}

async function openMetrics(
  { metrics }: RunOptions,
  served: ServedNode,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<void> {
  if (metrics === undefined) return;
  const server = await serveMetrics(metrics, served);
  resources.defer(() => server.close());
  log.info(`metrics at http://${server.address}/metrics`, { metrics: server.address });
}

function newNode(
  { program, facts }: Prepared,
  world: World,
  names: readonly string[],
  { watch, json, pcap, memory, sendRate, secrets }: RunOptions,
  output: LoggedOutput,
): Node {
  return new Node(program, world, {
    names,
    facts,
    watch,
    limits: memory === undefined ? {} : memoryLimits(memory),
    ...(sendRate !== undefined && { sendRate }),
    ...(secrets !== undefined && { secrets }),
    ...(pcap !== "-" && { onWatch: (line) => output.result(json ? jsonText(line) : formatWatchLine(line)) }),
    outputQueues: () =>
      [...output.queues].map(([queue, { length, limit, dropped }]) => ({
        queue,
        length,
        limit,
        unit: "bytes",
        dropped,
      })),
    onLog: (message) => output.log.rateLimited(message),
    onFailure: (message) => output.log.warn(message),
    onAdapted: (message) => output.log.info(message),
  });
}

async function failStart(node: Node, log: Log): Promise<never> {
  log.flush();
  await node.stop();
  throw runFailed("the facts could not be loaded");
}

function checkWatched(watched: readonly string[], { predicates }: Plan): void {
  const names = new Set(predicates.map((spec) => spec.name));
  for (const name of watched) {
    if (names.has(name)) continue;
    const similar = [...names].find((other) => other.endsWith(`.${name}`));
    const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
    throw wrongUsage("--watch", `the program has no predicate \`${name}\`${hint}`);
  }
}

function announce(
  { files }: Prepared,
  request: TunRequest | undefined,
  names: readonly string[],
  tun: Tun | undefined,
  log: Log,
): void {
  const [name = ""] = names;
  const device =
    tun === undefined ? "" : `, ${tun.name} with ${request === undefined ? "" : formatCidr(request.address)}`;
  log.info(`running ${files.join(" ")} as ${name}${device}`, { address: name, ...(tun && { device: tun.name }) });
  warnAboutAddress(name, log);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Ends the process when everything is closed, even if lines wait for a reader of stdout or stderr that does not read. */
function endWithoutReaders(): void {
  setTimeout(() => process.exit(), OUTPUT_LIMIT_MS).unref();
}

/** Ends the process if an orderly shutdown takes too long. The kernel then closes the device and the sockets. */
function limitShutdown(log: Log): void {
  setTimeout(() => {
    log.error(`the node did not end within ${SHUTDOWN_LIMIT_MS / 1_000} s`);
    process.exit(1);
  }, SHUTDOWN_LIMIT_MS).unref();
}
