import { parseCidr } from "../../runtime/device/cidr.ts";
import { formatHostPort, parseHostPort } from "../../runtime/device/host-port.ts";
import { EventLoopDelay } from "../../runtime/device/event-loop-delay.ts";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { openTun } from "../../runtime/device/tun.ts";
import { openUdp } from "../../runtime/device/udp.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { formatWatchLine, type WatchLine } from "../../runtime/observe/watch.ts";
import type { Datagrams, Tun } from "../../runtime/world/world.ts";
import type { Plan } from "../../runtime/plan/plan.ts";
import type { Compilation } from "../compile.ts";
import { runFailed, wrongUsage } from "./failure.ts";
import { type ControlRequest, controlOf } from "./node-control.ts";
import type { Output } from "./output.ts";
import type { Peer } from "../../runtime/node/peer-facts.ts";
import { factsOfPeers } from "./peer.ts";
import { lossesOf } from "./losses.ts";
import { compileForRun, programFailure, type ProgramOptions } from "./run-program.ts";
import { showDiagnostics } from "./show-diagnostics.ts";

export interface RunOptions extends ProgramOptions {
  readonly listen: string;
  readonly peers: readonly Peer[];
  /** What others see, when that is not what the socket is bound to. */
  readonly address: string | undefined;
  readonly tun: TunRequest | undefined;
  readonly watch: readonly string[];
  readonly json: boolean;
  readonly control: ControlRequest;
}

export interface TunRequest {
  /** Undefined lets the kernel number it. */
  readonly name: string | undefined;
  /** CIDR. */
  readonly address: string;
  readonly mtu: number;
}

/** `mosaic run`: a node until SIGINT or SIGTERM. What it made is gone when the promise resolves. */
export async function runNode(options: RunOptions, output: Output): Promise<void> {
  const listen = parseHostPort(options.listen);
  if (!listen.ok) throw wrongUsage("--listen", listen.message);
  const compilation = compileForRun(options);
  reportDiagnostics(compilation, output);
  if (compilation.plan === undefined) throw programFailure(compilation.diagnostics);
  const facts = factsOfPeers(compilation.plan, options.peers);
  checkWatched(options.watch, compilation.plan);
  const program = loadProgram(compilation.plan);
  const stopped = stopSignal();
  const datagrams = await bind(options.listen);
  const eventLoop = new EventLoopDelay();
  try {
    const tun = options.tun === undefined ? undefined : openDevice(options.tun, output);
    const world = { clock: new LinuxClock(), seed: randomSeed(), datagrams, tun, eventLoop };
    const names = ownNames(options, datagrams);
    const onWatch = (line: WatchLine): void =>
      output.result(options.json ? JSON.stringify(line) : formatWatchLine(line));
    const onLog = (message: string): void => output.problem(`mosaic: ${message}`);
    const node = new Node(program, world, { names, facts, watch: options.watch, onWatch, onLog });
    const control = await controlOf(node, options.control, datagrams, output);
    if (!node.start()) {
      await control?.close();
      await node.stop();
      throw runFailed("the facts could not be loaded");
    }
    announce(options, names, tun, output);
    await stopped;
    await control?.close();
    await node.stop();
    for (const line of lossesOf(node.counters, compilation.plan)) output.problem(`mosaic: ${line}`);
  } finally {
    eventLoop.stop();
    await datagrams.close();
  }
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

function reportDiagnostics({ diagnostics, sources }: Compilation, output: Output): void {
  if (diagnostics.length > 0) output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
}

async function bind(listen: string): Promise<Datagrams> {
  const opened = await openUdp(listen);
  if (!opened.ok) throw runFailed(`--listen ${listen}: ${opened.message}`);
  return opened.datagrams;
}

function openDevice({ name, address, mtu }: TunRequest, output: Output): Tun {
  const cidr = parseCidr(address);
  if (!cidr.ok) throw wrongUsage("--tun-addr", cidr.message);
  const lost = (code: string): void =>
    output.problem(`mosaic: the TUN device is gone (${code}); packets for it are dropped`);
  const opened = openTun({ name, address: cidr.cidr, mtu, lost });
  if (!opened.ok) throw runFailed(`--tun: ${opened.message}`);
  return opened.tun;
}

/** What the node answers to: what others see, what was asked for, and what the socket is bound to. */
function ownNames({ listen, address }: RunOptions, { address: bound }: Datagrams): readonly string[] {
  const asked = parseHostPort(listen);
  const real = parseHostPort(bound);
  if (!asked.ok || !real.ok) return [bound];
  const named = formatHostPort(asked.at.host, real.at.port);
  return [...new Set([...(address === undefined ? [] : [address]), named, bound])];
}

function announce(options: RunOptions, names: readonly string[], tun: Tun | undefined, output: Output): void {
  const device = tun === undefined ? "" : `, ${tun.name} with ${options.tun?.address ?? ""}`;
  output.problem(`mosaic: running ${options.files.join(" ")} as ${names[0]}${device}`);
  const host = parseHostPort(names[0] ?? "");
  if (host.ok && isWildcard(host.at.host)) {
    output.problem(`mosaic: nobody can answer ${names[0]}; say with --addr HOST:PORT what others see`);
  }
  if (host.ok && !isLoopback(host.at.host)) {
    output.problem("mosaic: links are not authenticated; whoever can reach this address can speak to this node");
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** The first signal ends the node in order; a second ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

function randomSeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}
