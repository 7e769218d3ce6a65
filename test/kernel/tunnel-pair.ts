import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";

const TRANSFER: string = fileURLToPath(new URL("./transfer.ts", import.meta.url));
const LINK_MS = 10_000;

/** What lies between two hosts: a link, or a router that tells nobody what it does not forward. */
export type Between = "link" | "silent router";

/** Two hosts, something between them, and a node of `tunnel.mzl` on each; gone when disposed of. */
export class TunnelPair implements AsyncDisposable {
  readonly a: Namespace = new Namespace();
  readonly b: Namespace = new Namespace();
  readonly #router: Namespace | undefined;
  readonly #nodes: readonly MosaicProcess[];
  readonly #children: ChildProcess[] = [];

  constructor(options: readonly string[] = [], between: Between = "link") {
    this.#router = between === "link" ? undefined : new Namespace();
    if (this.#router === undefined) wire(this.a, "10.77.8.1", this.b, "10.77.8.2");
    else this.#route(this.#router);
    const [a, b] = this.#router === undefined ? ["10.77.8.1", "10.77.8.2"] : ["10.77.7.1", "10.77.8.2"];
    this.#nodes = [this.#node(this.a, 1, a, b, options), this.#node(this.b, 2, b, a, options)];
  }

  /** What the two nodes have said. */
  get said(): string {
    return this.#nodes.map((node) => node.stderr).join("");
  }

  /** Waits until a packet crosses. */
  async ready(): Promise<void> {
    const deadline = Date.now() + LINK_MS;
    while (!this.#crosses()) if (Date.now() > deadline) throw new Error(`nothing crosses: ${this.said}`);
    await Promise.resolve();
  }

  /** The other end of a transfer on b; resolves when it is ready. */
  async serve(role: "serve" | "echo", ...numbers: readonly number[]): Promise<void> {
    const child = this.#transfer(this.b, [role, "100.64.8.2", ...numbers.map(String)]);
    await firstLine(child);
  }

  /** What one end of a transfer on a finds out about the other. */
  ask(role: "fetch" | "flood", ...numbers: readonly number[]): Promise<string> {
    return firstLine(this.#transfer(this.a, [role, "100.64.8.2", ...numbers.map(String)]));
  }

  /** Packets that a kernel dropped because their checksum was wrong. */
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
    await this.#router?.[Symbol.asyncDispose]();
  }

  /** What it sends to a must be cut in pieces: that link is narrower than those a node can see from b. */
  #route(router: Namespace): void {
    wire(this.a, "10.77.7.1", router, "10.77.7.9", "in");
    wire(router, "10.77.8.9", this.b, "10.77.8.2");
    this.a.run("ip", "route", "add", "10.77.8.0/24", "via", "10.77.7.9");
    this.b.run("ip", "route", "add", "10.77.7.0/24", "via", "10.77.8.9");
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    router.run("ip", "link", "set", "in", "mtu", "1300");
    router.run("nft", "add table inet f");
    router.run("nft", "add chain inet f o { type filter hook output priority 0; }");
    router.run("nft", "add rule inet f o icmp type destination-unreachable drop");
  }

  #node(host: Namespace, number: number, here: string, there: string, options: readonly string[]): MosaicProcess {
    const device = ["--tun=moz", "--tun-addr", `100.64.8.${number}/24`];
    const peer = `100.64.8.${3 - number}=${there}:10000`;
    const args = ["tunnel.mzl", "--no-control", "--listen", `${here}:10000`, ...device, "--peer", peer];
    return new MosaicProcess(["run", ...args, ...options], ["ip", "netns", "exec", host.name]);
  }

  #crosses(): boolean {
    try {
      this.a.run("ping", "-c", "1", "-W", "1", "100.64.8.2");
      return true;
    } catch {
      return false;
    }
  }

  #transfer(host: Namespace, args: readonly string[]): ChildProcess {
    const command = ["netns", "exec", host.name, process.execPath, TRANSFER, ...args];
    const child = spawn("ip", command, { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    return child;
  }
}

/** A link; both its ends are called `out`, unless the second has another name. */
function wire(one: Namespace, here: string, other: Namespace, there: string, name: string = "out"): void {
  one.run("ip", "link", "add", "out", "type", "veth", "peer", "name", name, "netns", other.name);
  for (const [host, end, address] of [
    [one, "out", here],
    [other, name, there],
  ] as const) {
    host.run("ip", "addr", "add", `${address}/24`, "dev", end);
    host.run("ip", "link", "set", end, "up");
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("a transfer is read from");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return line;
}

/** The kernel's counters are a line of names above a line of values, for each protocol. */
function columnsOf(lines: readonly string[], name: string): readonly number[] {
  return lines.flatMap((line, at) => {
    const column = line.split(" ").indexOf(name);
    return column < 0 ? [] : [Number(lines[at + 1]?.split(" ")[column])];
  });
}
