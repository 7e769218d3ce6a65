import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Namespaces } from "../../lab/kernel/namespaces.ts";
import type { Host } from "../../lab/topology/topology.ts";
import { MOSAIC } from "../cli/mosaic.ts";

export const HOST_NAMES = ["a", "b", "c"] as const;
export type HostName = (typeof HOST_NAMES)[number];

const STOP_MS = 2_000;

export function underlay(host: HostName): string {
  return `10.77.9.${HOST_NAMES.indexOf(host) + 1}:10000`;
}

export function virtual(host: HostName): string {
  return `100.64.9.${HOST_NAMES.indexOf(host) + 1}`;
}

export interface WatchedRow {
  readonly node: HostName;
  readonly op: string;
  readonly tuple: readonly unknown[];
}

/** Three hosts in network namespaces, each running `mosaic run ron.mzl --tun`. Removed when closed. */
export class RonLab {
  readonly routes: WatchedRow[] = [];
  readonly #namespaces: Namespaces;
  readonly #nodes = new Map<HostName, ChildProcess>();

  constructor(...options: readonly string[]) {
    this.#namespaces = new Namespaces({
      hosts: HOST_NAMES.map((name) => hostAt(name, underlay(name))),
      networks: [],
      links: [],
    });
    for (const name of HOST_NAMES) this.start(name, options);
  }

  start(host: HostName, options: readonly string[] = []): void {
    const peers = HOST_NAMES.filter((name) => name !== host).flatMap((name) => [
      "--peer",
      `${virtual(name)}=${underlay(name)}`,
    ]);
    const device = ["--tun=moz", "--tun-addr", `${virtual(host)}/24`];
    const args = [
      "run",
      "ron.mzl",
      "--no-control",
      "--insecure",
      "--listen",
      underlay(host),
      ...device,
      ...peers,
      "--watch",
      "ron.RT",
      "--json",
      ...options,
    ];
    const child = this.spawn(host, [MOSAIC, ...args]);
    this.#nodes.set(host, child);
    let rest = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#watched(host, line);
    });
  }

  #watched(node: HostName, line: string): void {
    const { op, tuple } = JSON.parse(line) as { op: string; tuple: unknown[] };
    if (op === "+" || op === "-") this.routes.push({ node, op, tuple });
  }

  /** Starts a process on a host. It is killed with the lab if it still runs then. */
  spawn(host: HostName, command: readonly string[]): ChildProcess {
    const [program = "", ...args] = this.#namespaces.on(host, command);
    return spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  }

  run(host: HostName, command: readonly string[]): { readonly status: number | null; readonly stdout: string } {
    const [program = "", ...args] = this.#namespaces.on(host, command);
    return spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  }

  cut(one: HostName, other: HostName): void {
    this.#namespaces.apply({ kind: "cut", directions: bothWays(one, other) });
  }

  heal(one: HostName, other: HostName): void {
    this.#namespaces.apply({ kind: "heal", directions: bothWays(one, other) });
  }

  /** Returns the next hop of `from` to `to` in its latest routing table. */
  next(from: HostName, to: HostName): string | undefined {
    return this.#route(from, to)?.[2] as string | undefined;
  }

  /** Returns the cost of that route in seconds. */
  score(from: HostName, to: HostName): number {
    return (this.#route(from, to)?.[3] ?? Infinity) as number;
  }

  #route(from: HostName, to: HostName): readonly unknown[] | undefined {
    const isSaid = ({ node, op, tuple }: WatchedRow): boolean =>
      node === from && op === "+" && tuple[0] === "ron.RT" && tuple[1] === underlay(to);
    return this.routes.findLast(isSaid)?.tuple;
  }

  signal(host: HostName, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#nodes.get(host);
    this.#nodes.delete(host);
    return new Promise((resolve) => {
      child?.once("exit", (code) => resolve(code));
      child?.kill(signal);
    });
  }

  async close(): Promise<void> {
    const ends = [...this.#nodes.keys()].map((host) => this.signal(host, "SIGTERM"));
    await Promise.race([Promise.all(ends), sleep(STOP_MS)]);
    this.#namespaces.close();
  }
}

function hostAt(name: string, address: string): Host {
  const nothing = {
    network: undefined,
    others: [],
    devices: [],
    moves: false,
    programs: [],
    facts: [],
    secrets: new Map(),
    peers: [],
  };
  return { ...nothing, name, machine: name, address, visible: address, defines: new Map() };
}

function bothWays(one: HostName, other: HostName): { readonly from: HostName; readonly to: HostName }[] {
  return [
    { from: one, to: other },
    { from: other, to: one },
  ];
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until the condition holds. Returns false when it does not in time. */
export async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}
