import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";

const TRANSFER: string = fileURLToPath(new URL("./transfer.ts", import.meta.url));
const LINK_MS = 10_000;

/** Two hosts, a link between them, and a node of `tunnel.mzl` on each; gone when disposed of. */
export class TunnelPair implements AsyncDisposable {
  readonly a: Namespace = new Namespace();
  readonly b: Namespace = new Namespace();
  readonly #nodes: readonly MosaicProcess[];
  readonly #children: ChildProcess[] = [];

  constructor(...options: readonly string[]) {
    this.a.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "out", "netns", this.b.name);
    for (const [host, number] of [
      [this.a, 1],
      [this.b, 2],
    ] as const) {
      host.run("ip", "addr", "add", `10.77.8.${number}/24`, "dev", "out");
      host.run("ip", "link", "set", "out", "up");
    }
    this.#nodes = [this.#node(this.a, 1, 2, options), this.#node(this.b, 2, 1, options)];
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
  }

  #node(host: Namespace, here: number, there: number, options: readonly string[]): MosaicProcess {
    const device = ["--tun=moz", "--tun-addr", `100.64.8.${here}/24`];
    const peer = `100.64.8.${there}=10.77.8.${there}:10000`;
    const args = ["tunnel.mzl", "--no-control", "--listen", `10.77.8.${here}:10000`, ...device, "--peer", peer];
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
