/**
 * Network namespaces of a running lab. `KernelLab` creates them, starts processes in them, and passes events on to `apply`. The
 * text of all commands comes from namespace-plan.ts and the hub-*.ts files; this file runs them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cleaner } from "./cleaner.ts";
import { hostsFile } from "./enter-host.ts";
import { makeLabFolder } from "./lab-folder.ts";
import { lossRules } from "./hub-losses.ts";
import { HubRates, type QueueDrops, readQueueDrops } from "./hub-rates.ts";
import { hubRules } from "./hub-rules.ts";
import { chooseLinkEmulation, type LinkEmulation } from "./link-emulation.ts";
import {
  batch,
  creationBatch,
  faultsBatch,
  FORWARDING,
  hostBatch,
  hostNatRules,
  hubBatch,
  interfacesBatch,
  moveInHostBatch,
  moveInHubBatch,
  NO_RP_FILTER,
  type HostNamespace,
  type NamespacePlan,
  natRules,
  planNamespaces,
  routedInto,
} from "./namespace-plan.ts";
import { ipOf } from "../topology/address-range.ts";
import type { TopologyAction, LinkAction, MoveAction, Direction } from "../topology/topology.ts";
import { type WiredTopology, Wiring } from "../topology/wiring.ts";

/** Failure of a system command or a process of the lab. The message is for people. */
export class LabFailure extends Error {}

interface LabNode {
  readonly machine: string;
  readonly port: string;
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}

/** Network namespaces of a lab. `close` removes them; if the process exits without a call of `close`, they are removed as well. */
export class Namespaces {
  /** Folder of this lab, with the control sockets. Removed with the namespaces. */
  readonly folder: string;
  readonly #plan: NamespacePlan;
  readonly #cleaner: Cleaner;
  /** Current attachments and link faults. */
  readonly wiring: Wiring;
  readonly #rates = new HubRates();
  /** Directions that are cut, by `FROM TO`. */
  readonly #cut = new Map<string, Direction>();
  /** Routing rules that the hub has now. */
  #rules: ReadonlySet<string> = new Set();
  #hasFaults = false;
  readonly #emulation: LinkEmulation;
  /** Nodes by name. */
  readonly #nodes: ReadonlyMap<string, LabNode>;
  /** Loss rules that the hub has now. */
  #losses = "";

  /** Creates all namespaces. Throws `LabFailure` if the machine does not allow it. */
  constructor(topology: WiredTopology, emulation: LinkEmulation = chooseLinkEmulation({ ...topology, events: [] })) {
    this.#emulation = emulation;
    this.wiring = new Wiring(topology);
    this.#plan = planNamespaces(topology.hosts, topology.networks, process.pid);
    this.folder = makeFolder();
    this.#nodes = new Map(
      topology.hosts.map(({ name, machine, address }) => [name, { machine, port: portOf(address) }]),
    );
    this.#writeNames();
    this.#cleaner = new Cleaner(this.#plan.prefix, this.folder);
    try {
      this.#create();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Returns the command line that runs a command in the namespace of a host. */
  on(host: string, command: readonly string[]): readonly string[] {
    const machine = this.#nodes.get(host)?.machine ?? host;
    const namespace = this.#plan.hosts.find((one) => one.machine === machine)?.namespace ?? "";
    return ["ip", "netns", "exec", namespace, ...command];
  }

  /** Returns the path of the control socket of a node. */
  socketOf(node: string): string {
    return join(this.folder, `${node}.sock`);
  }

  /**
   * Returns the folder in which a process with several nodes opens their control sockets. The paths of `socketOf` are symbolic links to
   * these sockets.
   */
  socketFolder(machine: string): string {
    return join(this.folder, `${machine}.nodes`);
  }

  /** Writes the names that `mosaic lab exec` takes, and prepares the control sockets of hosts with several nodes. */
  #writeNames(): void {
    const names = new Set([...this.#nodes].flatMap(([name, { machine }]) => [name, machine]));
    writeFileSync(
      hostsFile(this.folder),
      [...names].map((name) => `${name} ${this.#nodes.get(name)?.machine ?? name}\n`).join(""),
    );
    const linked = new Set<string>();
    for (const [name, { machine, port }] of this.#nodes) {
      if (name === machine) continue;
      mkdirSync(this.socketFolder(machine), { recursive: true, mode: 0o700 });
      const socket = join(this.socketFolder(machine), `${port}.sock`);
      symlinkSync(socket, this.socketOf(name));
      if (!linked.has(machine)) symlinkSync(socket, this.socketOf(machine));
      linked.add(machine);
    }
  }

  /** Returns the command line that runs a command in the hub. */
  onHub(command: readonly string[]): readonly string[] {
    return ["ip", "netns", "exec", this.#plan.hub, ...command];
  }

  /** Routes packets between hosts to the link process. Its device must exist. */
  useFaults(): void {
    runBatch(faultsBatch(this.#plan), this.#plan.hub);
    this.#hasFaults = true;
    this.#updateHub();
  }

  /**
   * Applies an action on links or attachments, with effect before it returns. Cutting a cut link, or healing one that is not cut,
   * has no effect. Actions on nodes are ignored.
   */
  apply(action: TopologyAction): void {
    switch (action.kind) {
      case "cut":
      case "heal":
        this.#markCut(action);
        break;
      case "move":
        this.#move(action);
        break;
      case "change":
        this.wiring.apply(action);
        break;
      default:
        return;
    }
    this.#updateHub();
  }

  /** Returns the number of packets that links have dropped because their queues were full. */
  queueDrops(): readonly QueueDrops[] {
    if (this.#rates.isEmpty) return [];
    const { stdout } = spawnSync("tc", ["-n", this.#plan.hub, "-s", "-j", "qdisc", "show"], { encoding: "utf8" });
    return readQueueDrops(stdout ?? "", this.#plan);
  }

  /** Removes the namespaces and the folder. Idempotent. */
  close(): void {
    this.#cleaner.clean();
  }

  /** Whether a direction is cut. */
  isCut({ from, to }: Direction): boolean {
    return this.#cut.has(`${from} ${to}`);
  }

  #markCut({ kind, directions }: LinkAction): void {
    for (const direction of directions) {
      if (kind === "cut") this.#cut.set(`${direction.from} ${direction.to}`, direction);
      else this.#cut.delete(`${direction.from} ${direction.to}`);
    }
  }

  #move(action: MoveAction): void {
    const moves = action.moves.map(({ host, to }) => ({
      namespace: this.#plan.hosts.find((one) => one.name === host),
      from: ipOf(this.wiring.attachment(host).address),
      to: ipOf(to.address),
    }));
    this.wiring.apply(action);
    for (const { namespace, from, to } of moves) {
      if (namespace === undefined) continue;
      runBatch(moveInHubBatch(namespace, from, to), this.#plan.hub);
      runBatch(moveInHostBatch(from, to), namespace.namespace);
    }
  }

  #create(): void {
    const { hub, hosts, gateways } = this.#plan;
    runBatch(creationBatch(this.#plan));
    run(this.onHub(["sh", "-c", FORWARDING]));
    runBatch(hubBatch(this.#plan), hub);
    const { splitsTrains } = this.#emulation;
    for (const host of hosts) {
      if (host.others.length > 0) this.#createInterfaces(host);
      else runBatch(hostBatch(host, splitsTrains), host.namespace);
    }
    for (const gateway of gateways) {
      runBatch(hostBatch(gateway, splitsTrains), gateway.namespace);
      const forwarded = gateway.network.forward.map((host) => this.wiring.attachment(host).address);
      run(
        ["ip", "netns", "exec", gateway.namespace, "sh", "-c", `${FORWARDING} && nft -f -`],
        natRules(gateway, forwarded, routedInto(gateway.network.name, this.#plan.hostGateways)),
      );
    }
    this.#updateHub();
  }

  /** Gives a host in several networks its interfaces, and makes it the gateway of each network that names it as gateway. */
  #createInterfaces(host: HostNamespace): void {
    const networks = new Map(this.wiring.networks.map((network) => [network.name, network]));
    const { hostGateways } = this.#plan;
    const inner = hostGateways
      .filter((one) => one.host === host.name)
      .map((one) => ({
        ...one,
        forwarded: one.network.forward.map((name) => this.wiring.attachment(name).address),
        routed: routedInto(one.network.name, hostGateways),
      }));
    const inHost = (command: string, input = ""): void =>
      run(["ip", "netns", "exec", host.namespace, "sh", "-c", command], input);
    // A reply may leave by another interface than the one by which the request came.
    if (inner.length === 0) inHost(NO_RP_FILTER);
    else if (inner.every(({ network }) => !network.translates)) inHost(FORWARDING);
    else inHost(`${FORWARDING} && nft -f -`, hostNatRules(host, inner));
    runBatch(interfacesBatch(host, networks, hostGateways, this.#emulation.splitsTrains), host.namespace);
  }

  /** Updates rules and rates of the hub to the wiring and the cuts. */
  #updateHub(): void {
    const state = { wiring: this.wiring, cut: [...this.#cut.values()], hasFaults: this.#hasFaults };
    const rules = new Set(hubRules(this.#plan, state));
    const changes = [
      ...[...rules].filter((rule) => !this.#rules.has(rule)).map((rule) => `rule add ${rule}`),
      ...[...this.#rules].filter((rule) => !rules.has(rule)).map((rule) => `rule del ${rule}`),
    ];
    this.#rules = rules;
    if (changes.length > 0) runBatch(batch(changes), this.#plan.hub);
    const rates = this.#rates.update(this.#plan, this.wiring);
    if (rates !== "") run(["tc", "-n", this.#plan.hub, "-batch", "-"], rates);
    if (this.#emulation.hasLossRules) this.#updateLosses();
  }

  #updateLosses(): void {
    const losses = lossRules(this.wiring);
    if (losses === this.#losses) return;
    this.#losses = losses;
    run(this.onHub(["nft", "-f", "-"]), losses);
  }
}

function makeFolder(): string {
  try {
    return makeLabFolder();
  } catch (error) {
    throw new LabFailure(error instanceof Error ? error.message : String(error));
  }
}

function runBatch(lines: string, namespace?: string): void {
  run(["ip", ...(namespace === undefined ? [] : ["-n", namespace]), "-batch", "-"], lines);
}

function run([command = "", ...args]: readonly string[], input = ""): void {
  const { status, stderr, error } = spawnSync(command, args, { input, encoding: "utf8" });
  if (status === 0) return;
  const reason = error === undefined ? stderr.trim() : error.message;
  throw new LabFailure(`${[command, ...args].join(" ")}: ${reason}`);
}
