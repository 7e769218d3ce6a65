import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { MOSAIC, MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";

const TRANSFER: string = fileURLToPath(new URL("./transfer.ts", import.meta.url));
const LOOK_MS = 20;
const LINK_MS = 10_000;
const START_MS = 40_000;
/** Time that one ping waits: the other end may come up meanwhile. */
const PING_SECONDS = 0.2;

/**
 * The network between two hosts: a link, a router, a router that drops long packets silently, or a host that does not forward,
 * whose node is a relay (`sr.mzl`).
 */
export type Between = "link" | "router" | "silent router" | "relay";

/** IP versions of the links, and of the packets in the tunnel. */
export interface Families {
  readonly outer: 4 | 6;
  readonly inner: 4 | 6;
}

/** Addresses of the hosts: in the tunnel, on a direct link, and on a link to a router. */
const INNER = { 4: "100.64.8.", 6: "fd64:8::" } as const;
const NEAR = { 4: "10.77.8.", 6: "fd77:8::" } as const;
const FAR = { 4: "10.77.7.", 6: "fd77:7::" } as const;
const PREFIX = { 4: 24, 6: 64 } as const;

const PORT = 10_000;

/** A TCP stream to one client. */
export interface Stream {
  /** Resolves when the client has connected. */
  connected(): Promise<void>;
  /** Ends the stream. Resolves with the number of all its bytes when they are handed to the kernel. */
  end(): Promise<number>;
}

/** Two hosts, a network between them, and a node of `tunnel.mzl`, or of other rules, on each. Removed when disposed of. */
export class TunnelPair implements AsyncDisposable {
  readonly a: Namespace = new Namespace();
  readonly b: Namespace = new Namespace();
  /** The host between. It reaches a by its link `in`, b by its link `out`. */
  readonly router: Namespace | undefined;
  readonly #families: Families;
  /** Environment variables of the nodes. */
  readonly #environment: readonly string[];
  readonly #program: string;
  readonly #rules: string;
  readonly #nodes: readonly MosaicProcess[];
  readonly #children: ChildProcess[] = [];

  constructor(
    options: readonly string[] = [],
    between: Between = "link",
    families: Families = { outer: 4, inner: 4 },
    environment: readonly string[] = [],
    program: string = MOSAIC,
    rules: string = "tunnel.mzl",
  ) {
    this.#rules = rules;
    this.#families = families;
    this.#environment = environment;
    this.#program = program;
    this.router = between === "link" ? undefined : new Namespace();
    const near = NEAR[families.outer];
    const [a, b] = [`${between === "link" ? near : FAR[families.outer]}1`, `${near}2`];
    if (this.router === undefined) wire(this.a, a, this.b, b);
    else this.#join(this.router);
    if (this.router !== undefined && between !== "relay") this.#route(this.router);
    if (this.router !== undefined && between === "silent router") makeSilent(this.router);
    this.#nodes = [
      this.#node(this.a, 1, a, [...this.#way(2, b, between), ...options]),
      this.#node(this.b, 2, b, [...this.#way(1, a, between), ...options]),
      ...(this.router !== undefined && between === "relay" ? [this.#relay(this.router)] : []),
    ];
  }

  /** The address of a in the tunnel. */
  get here(): string {
    return `${INNER[this.#families.inner]}1`;
  }

  /** The address of b in the tunnel. */
  get there(): string {
    return `${INNER[this.#families.inner]}2`;
  }

  get pids(): readonly number[] {
    return this.#nodes.map(({ pid }) => pid);
  }

  /** Log lines of the nodes. */
  get said(): string {
    return this.#nodes.map((node) => node.stderr).join("");
  }

  /** Watched tuples. */
  get watched(): string {
    return this.#nodes.map((node) => node.stdout).join("");
  }

  /**
   * Waits until all nodes run, then until a packet crosses the tunnel, up to a time limit. On a loaded machine a node takes many
   * seconds to start, which says nothing about the tunnel.
   */
  async ready(timeoutMs: number = LINK_MS): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.printed(/^mosaic: running /m, Math.max(START_MS, timeoutMs))));
    const deadline = Date.now() + timeoutMs;
    while (!this.#crosses()) {
      if (Date.now() > deadline) throw new Error(`nothing crosses: ${this.said}`);
      await sleep(LOOK_MS);
    }
  }

  /** Starts one end of a transfer on b. Resolves when it is ready. */
  async serve(role: "serve" | "echo", ...numbers: readonly number[]): Promise<void> {
    const child = this.#transfer(this.b, [role, this.there, ...numbers.map(String)]);
    await firstLine(child);
  }

  /** Starts a stream on b, with a pause after each 64 KiB. It lasts until it is told to end. Resolves when it is ready. */
  async stream(pauseMs: number, bytesAfterEnd: number): Promise<Stream> {
    const child = this.#transfer(this.b, ["stream", this.there, String(bytesAfterEnd), String(pauseMs)], "pipe");
    if (child.stdout === null) throw new Error("a stream is read from");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    await line();
    return {
      connected: async () => void (await line()),
      end: async () => {
        child.stdin?.end();
        return Number(await line());
      },
    };
  }

  /** Runs the other end of a transfer on a, and returns its output. */
  ask(role: "fetch" | "flood", ...numbers: readonly number[]): Promise<string> {
    return firstLine(this.#transfer(this.a, [role, this.there, ...numbers.map(String)]));
  }

  /** Number of packets that a kernel dropped because of a wrong checksum. */
  badChecksums(): number {
    const counts = [this.a, this.b].map((host) => host.run("cat", "/proc/net/snmp").split("\n"));
    return counts.flatMap((lines) => columnsOf(lines, "InCsumErrors")).reduce((sum, count) => sum + count, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const node of this.#nodes) node.kill("SIGTERM");
    await Promise.all(this.#nodes.map((node) => node.ended));
    await this.a[Symbol.asyncDispose]();
    await this.b[Symbol.asyncDispose]();
    await this.router?.[Symbol.asyncDispose]();
  }

  #join(router: Namespace): void {
    const [near, far] = [NEAR[this.#families.outer], FAR[this.#families.outer]];
    wire(this.a, `${far}1`, router, `${far}9`, "in");
    wire(router, `${near}9`, this.b, `${near}2`);
  }

  #route(router: Namespace): void {
    const [near, far] = [NEAR[this.#families.outer], FAR[this.#families.outer]];
    this.a.run("ip", "route", "add", networkOf(near), "via", `${far}9`);
    this.b.run("ip", "route", "add", networkOf(far), "via", `${near}9`);
    // Without offloads every datagram is separate on the link, as on a physical one.
    for (const host of [this.a, this.b, router]) host.run("ip", "link", "set", "out", "gso_max_segs", "1");
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  }

  /** Options of a node about the path to the other one. */
  #way(number: number, there: string, between: Between): readonly string[] {
    const virtual = `${INNER[this.#families.inner]}${number}`;
    if (between !== "relay") return ["--peer", `${virtual}=${endpointOf(there)}`];
    const relay = `${(number === 2 ? FAR : NEAR)[this.#families.outer]}9`;
    return ["sr.mzl", "--fact", `addressMap("${virtual}", sr::["${endpointOf(relay)}", "${endpointOf(there)}"])`];
  }

  #node(host: Namespace, number: number, here: string, options: readonly string[]): MosaicProcess {
    const inner = INNER[this.#families.inner];
    const device = ["--tun=moz", "--tun-addr", `${inner}${number}/${prefixOf(inner)}`];
    return this.#process(host, [this.#rules, "--listen", endpointOf(here), ...device, ...options]);
  }

  #relay(host: Namespace): MosaicProcess {
    const everywhere = this.#families.outer === 4 ? "0.0.0.0" : "::";
    const address = endpointOf(`${NEAR[this.#families.outer]}9`);
    return this.#process(host, ["sr.mzl", "--listen", endpointOf(everywhere), "--addr", address]);
  }

  #process(host: Namespace, args: readonly string[]): MosaicProcess {
    const prefix = ["ip", "netns", "exec", host.name, "env", ...this.#environment];
    return new MosaicProcess(["run", "--no-control", "--insecure", ...args], prefix, this.#program);
  }

  #crosses(): boolean {
    try {
      this.a.run("ping", "-c", "1", "-W", String(PING_SECONDS), this.there);
      return true;
    } catch {
      return false;
    }
  }

  #transfer(host: Namespace, args: readonly string[], stdin: "ignore" | "pipe" = "ignore"): ChildProcess {
    const command = ["netns", "exec", host.name, process.execPath, TRANSFER, ...args];
    const child = spawn("ip", command, { stdio: [stdin, "pipe", "inherit"] });
    this.#children.push(child);
    return child;
  }
}

/** Creates a link. Both ends are named `out`, unless the second one has another name. */
function wire(one: Namespace, here: string, other: Namespace, there: string, name: string = "out"): void {
  one.run("ip", "link", "add", "out", "type", "veth", "peer", "name", name, "netns", other.name);
  for (const [host, end, address] of [
    [one, "out", here],
    [other, name, there],
  ] as const) {
    const isV6 = address.includes(":");
    host.run("ip", "addr", "add", `${address}/${prefixOf(address)}`, "dev", end, ...(isV6 ? ["nodad"] : []));
    host.run("ip", "link", "set", end, "up");
  }
}

/** Lowers the MTU of the link to a below that of all links that the node on b can see, and drops the ICMP errors about it. */
function makeSilent(router: Namespace): void {
  router.run("ip", "link", "set", "in", "mtu", "1300");
  router.run("nft", "add table inet f");
  router.run("nft", "add chain inet f o { type filter hook output priority 0; }");
  router.run("nft", "add rule inet f o icmp type destination-unreachable drop");
}

function prefixOf(address: string): number {
  return PREFIX[address.includes(":") ? 6 : 4];
}

function networkOf(start: string): string {
  return `${start.includes(":") ? start : `${start}0`}/${prefixOf(start)}`;
}

function endpointOf(address: string): string {
  return address.includes(":") ? `[${address}]:${PORT}` : `${address}:${PORT}`;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("a transfer is read from");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return line;
}

/** Parses the kernel's counters: per protocol, a line of names and a line of values. */
function columnsOf(lines: readonly string[], name: string): readonly number[] {
  return lines.flatMap((line, at) => {
    const column = line.split(" ").indexOf(name);
    return column < 0 ? [] : [Number(lines[at + 1]?.split(" ")[column])];
  });
}
