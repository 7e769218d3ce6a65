/**
 * The nodes of `mosaic run`, from the compiled program to the end of the process. `runNodes` reads as the list of its steps: compile, open
 * the metrics server, warm up, open the worlds, give up root, open the control sockets, start, confine the process, wait for a signal that
 * ends the nodes, shut down. Most processes run one node; with `--nodes` they share the program and the event loop.
 */
import { randomBytes } from "node:crypto";
import { serviceManager } from "../../../runtime/device/service-manager.ts";
import type { HostPort } from "../../../runtime/plan/values/host-port.ts";
import { hideIdKeys } from "../../../runtime/plan/values/key.ts";
import { formatCidr } from "../../../runtime/ip/cidr.ts";
import { ipAddressesOf, type Peer } from "../../../runtime/node/peer-facts.ts";
import { loadProgram } from "../../../runtime/node/program.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { columnNames } from "../../query/column-names.ts";
import { loadFacts } from "../files/load-facts.ts";
import type { User } from "../options/user.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";
import type { LoggedOutput } from "../terminal/output.ts";
import { reportDiagnostics } from "../terminal/report-diagnostics.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkPeers, checkVirtualAddresses } from "./check-virtual-addresses.ts";
import { compileForRun, programFailure, type ProgramOptions } from "./compile-for-run.ts";
import { checkNetAdmin } from "./check-net-admin.ts";
import { confineProcess } from "./confine-process.ts";
import { becomeUser } from "./drop-privileges.ts";
import { dropSummary } from "./drop-summary.ts";
import { warnAboutAddress } from "./endpoint-names.ts";
import { factsOfPeers } from "./facts-of-peers.ts";
import { HostedNode, type Prepared } from "./hosted-node.ts";
import type { ControlRequest } from "./node-control.ts";
import { NodeSignals } from "./node-signals.ts";
import { openWorlds, type WorldOptions } from "./open-world.ts";
import { optimiseEarly } from "./optimise-early.ts";
import { reloadPrograms } from "./reload-program.ts";
import { reportNode } from "./report-node.ts";
import { ServedNodes, serveMetrics } from "./serve-metrics.ts";
import { warnAboutRemotePeers, warnAboutUselessPeers } from "./warn-about-peers.ts";
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

/** Time after the signal during which the program may still send. */
const SHUTDOWN_GRACE_SECONDS = 1;
/** Time after the signal at which the process ends, even if an orderly shutdown hangs. */
const SHUTDOWN_LIMIT_MS = 2_000;
/** Time after the end of the nodes during which readers may still read the last lines of stdout and stderr. */
const OUTPUT_LIMIT_MS = 500;

/** Runs the nodes of a process until a signal ends them. Their devices and sockets are removed when the promise resolves. */
export async function runNodes(options: RunOptions, output: LoggedOutput): Promise<void> {
  hideIdKeys(randomBytes(8).readBigUInt64BE());
  const prepared = prepare(options, output);
  optimiseEarly();
  const signals = new NodeSignals();
  await using resources = new AsyncDisposableStack();
  resources.defer(endWithoutReaders);
  const served = new ServedNodes();
  await openMetrics(options, served, output.log, resources);
  await warmUpNode(prepared.program, prepared.facts, options, output.log);
  const deviceLost = new AbortController();
  const onDeviceLost = (device: string, code: string): void => deviceLost.abort({ device, code } satisfies LostDevice);
  const endpoints = await openWorlds(options, prepared.program.plan, onDeviceLost, output.log, resources);
  if (options.user !== undefined) becomeUser(options.user);
  if (options.devices.some(({ restore }) => restore)) checkNetAdmin();
  const nodes = endpoints.map((endpoint) => new HostedNode(prepared, endpoint, endpoints, options, output));
  for (const node of nodes) await node.start(options, resources);
  confineProcess(output.log);
  served.setRunning(nodes.map(({ node }) => node));
  const describe = (files: readonly string[]): string => `running ${files.join(" ")} as ${namesOf(nodes)}`;
  announce(describe(prepared.files), nodes, options.links.kind === "open", output.log);
  warnAboutPeers(prepared, nodes, options, output.log);
  const manager = serviceManager(process.env, process.pid);
  manager?.ready(describe(prepared.files));
  signals.handle({
    onReload: () => void reloadPrograms(nodes, describe, manager, output),
    onReport: () => {
      for (const node of nodes) reportNode(node, output.log);
    },
  });
  await aborted(AbortSignal.any([signals.ended, deviceLost.signal]));
  limitShutdown(output.log);
  served.setStopping();
  manager?.stopping();
  await Promise.all(nodes.map(({ node }) => node.shutdown(SHUTDOWN_GRACE_SECONDS)));
  output.log.flush();
  for (const hosted of nodes) logSummary(hosted);
  if (!deviceLost.signal.aborted) return;
  const { device, code } = deviceLost.signal.reason as LostDevice;
  const kind = nodes[0]?.world.devices.find(({ name }) => name === device)?.kind.toUpperCase();
  throw runFailed(`the ${kind} device ${device} is gone (${code}): somebody removed it`);
}

/** Why a device ended the node. */
interface LostDevice {
  readonly device: string;
  /** Error code of the kernel. */
  readonly code: string;
}

function logSummary({ node, log }: HostedNode): void {
  log.flush();
  for (const line of dropSummary(node.counters, node.plan)) log.info(line);
}

/** Returns the name of one node, or the number of nodes with the first and the last name. */
function namesOf(nodes: readonly HostedNode[]): string {
  const [first = "", last = first] = [nodes[0]?.node.name, nodes.at(-1)?.node.name];
  return nodes.length === 1 ? first : `${nodes.length} nodes, ${first} to ${last}`;
}

/** Compiles the program and checks the options, so that most failures occur before anything is opened. */
function prepare(options: RunOptions, output: LoggedOutput): Prepared {
  checkPeers(
    options.peers,
    options.devices.flatMap(({ address }) => address ?? []),
  );
  const compilation = compileForRun(options);
  reportDiagnostics(compilation, output);
  const { plan, core } = compilation;
  if (plan === undefined || core === undefined) throw programFailure(compilation.diagnostics);
  const directoryFacts = loadFacts(options.factDirectories, plan, output);
  const facts = [...factsOfPeers(plan, options.peers), ...directoryFacts];
  checkVirtualAddresses(plan, facts);
  checkSecrets(plan, options.secrets);
  checkWatched(options.watch, plan);
  return { program: loadProgram(plan), files: compilation.files, columns: columnNames(core), facts, directoryFacts };
}

async function openMetrics(
  { metrics }: RunOptions,
  served: ServedNodes,
  log: Log,
  resources: AsyncDisposableStack,
): Promise<void> {
  if (metrics === undefined) return;
  const server = await serveMetrics(metrics, served);
  resources.defer(() => server.close());
  log.info(`metrics at http://${server.address}/metrics`, { metrics: server.address });
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

function announce(text: string, nodes: readonly HostedNode[], areLinksOpen: boolean, log: Log): void {
  const { node, world } = nodes[0] as HostedNode;
  const devices = world.devices.map(({ name, network }) =>
    network === undefined ? `, ${name}` : `, ${name} with ${formatCidr(network)}`,
  );
  const device = node.devices.join(", ");
  log.info(`${text}${devices.join("")}`, { address: node.name, ...(device !== "" && { device }) });
  warnAboutAddress(node.name, areLinksOpen, log);
}

function warnAboutPeers(
  { facts }: Prepared,
  nodes: readonly HostedNode[],
  { peers, listen, addresses: own }: RunOptions,
  log: Log,
): void {
  const devices = nodes.flatMap(({ world }) => world.devices);
  const networks = devices.flatMap(({ network }) => network ?? []);
  // Several nodes of one process are peers of each other.
  if (nodes.length === 1) {
    const names = [...listen, ...own, ...nodes.map(({ node }) => node.name)];
    warnAboutUselessPeers(peers, names, networks, log);
    for (const { node, world } of nodes)
      warnAboutRemotePeers(peers, node.listen, (host) => world.isLocalHost?.(host) === true, log);
  }
  const addresses = [...peers.flatMap(({ address }) => ipAddressesOf(address)), ...peersInFacts(facts)];
  for (const { name, network } of devices)
    if (network !== undefined) warnAboutLoops([...new Set(addresses)], name, network, log);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Ends the process when everything is closed, even if lines still wait because nobody reads stdout or stderr. */
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
