import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NodeClient } from "../../src/cli/client/node-client.ts";
import { processorSeconds } from "../harness/processor-time.ts";

const MOSAIC = fileURLToPath(new URL("../../mosaic", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../../programs/overlog/chord.olg", import.meta.url));
const START_LIMIT_MS = 300_000;
const HOST = "127.0.0.1";

/** Number of processes: all nodes in one, or one for each node. */
export type Layout = "one process" | "a process each";

/** Chord nodes on consecutive ports of the loopback interface. Closing the group ends their processes. */
export class NodeGroup {
  /** Seconds from the first `spawn` until all nodes run. */
  startSeconds: number = NaN;
  readonly #names: readonly string[];
  readonly #folder: string = mkdtempSync(join(tmpdir(), "mosaic-bench-nodes-"));
  readonly #processes: readonly ChildProcess[];

  private constructor(layout: Layout, count: number, firstPort: number, stabilize: number) {
    const ports = Array.from({ length: count }, (_, at) => firstPort + at);
    this.#names = ports.map((port) => `${HOST}:${port}`);
    const defines = ["-D", `LANDMARK="${this.#names[0]}"`, "-D", `STABILIZE=${stabilize}`];
    const run = (listen: string | undefined, options: readonly string[]): ChildProcess =>
      spawn(MOSAIC, ["run", PROGRAM, ...defines, "--listen", listen ?? "", ...options], {
        stdio: ["ignore", "ignore", "pipe"],
      });
    this.#processes =
      layout === "one process"
        ? [run(this.#names[0], ["--nodes", String(count), "--control", this.#folder])]
        : ports.map((port, at) => run(this.#names[at], ["--control", this.#socket(port)]));
  }

  /** Starts the nodes and waits until all of them run. The period of the ring's maintenance is `stabilize` seconds. */
  static async start(layout: Layout, count: number, firstPort: number, stabilize: number): Promise<NodeGroup> {
    const start = performance.now();
    const group = new NodeGroup(layout, count, firstPort, stabilize);
    try {
      await Promise.all(group.#processes.map(isRunning));
    } catch (error) {
      await group.close();
      throw error;
    }
    group.startSeconds = (performance.now() - start) / 1e3;
    return group;
  }

  /** Proportional set size of all processes, in MiB. */
  memory(): number {
    const sizes = this.#processes.map(({ pid }) => {
      const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      return Number(/^Pss: +(\d+) kB/m.exec(text)?.[1] ?? NaN);
    });
    return sizes.reduce((sum, size) => sum + size, 0) / 1024;
  }

  /** Processors that all nodes use together, measured over a time. */
  async load(seconds: number): Promise<number> {
    const [before, start] = [processorSeconds(this.#processes), performance.now()];
    await sleep(seconds * 1e3);
    return (processorSeconds(this.#processes) - before) / ((performance.now() - start) / 1e3);
  }

  /** Waits until every node has the right successor. Returns the number of right ones, which is smaller after the time limit. */
  async join(limitSeconds: number): Promise<number> {
    const end = performance.now() + limitSeconds * 1e3;
    const expected = this.#successors();
    for (;;) {
      let right = 0;
      for (const name of this.#names) if ((await this.#successor(name)) === expected.get(name)) right++;
      if (right === this.#names.length || performance.now() >= end) return right;
      await sleep(500);
    }
  }

  async close(): Promise<void> {
    const ended = this.#processes.map((child) => new Promise((resolve) => child.once("close", resolve)));
    for (const child of this.#processes) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(this.#folder, { recursive: true });
  }

  /** Returns the successor of each node on the ring of the hashes of their names. */
  #successors(): ReadonlyMap<string, string> {
    const ring = this.#names.toSorted((one, other) => (hash(one) < hash(other) ? -1 : 1));
    return new Map(ring.map((name, at) => [name, ring[(at + 1) % ring.length] ?? ""]));
  }

  /** Undefined if the node knows none, or does not answer in time because the machine is busy. */
  async #successor(name: string): Promise<string | undefined> {
    try {
      return await this.#ask(name);
    } catch {
      return undefined;
    }
  }

  async #ask(name: string): Promise<string | undefined> {
    const client = await NodeClient.connectTo(this.#socket(name.split(":")[1] ?? ""));
    try {
      for await (const reply of client.request({ kind: "query", text: "bestSucc(_, _, A, _)", form: "json" }))
        if ("rows" in reply) return textOf(reply.rows[0]?.[0]);
      return undefined;
    } finally {
      client.close();
    }
  }

  #socket(port: number | string): string {
    return join(this.#folder, `${port}.sock`);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function hash(name: string): string {
  return createHash("sha1").update(name).digest("hex");
}

function isRunning(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`a node did not start: ${text}`)), START_LIMIT_MS);
    child.once("close", () => reject(new Error(`a node ended: ${text}`)));
    child.stderr?.setEncoding("utf8").on("data", (more: string) => {
      text = `${text}${more}`.slice(-10_000);
      if (!text.includes(": running ")) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
