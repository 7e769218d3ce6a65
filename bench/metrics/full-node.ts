import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Bed, HOSTS } from "../harness/bed.ts";
import { processorSeconds } from "../harness/processor-time.ts";

const MOSAIC = fileURLToPath(new URL("../../mosaic", import.meta.url));
const ASKING = fileURLToPath(new URL("asking.ts", import.meta.url));
const DEVICE = "moz";
const [INNER, INNER_PEER] = ["100.64.0.1", "100.64.0.2"];
const QUERY = "addressMap(Host, Place)";
const PACKET_BYTES = 64;
const START_MS = 15_000;
const [HERE, THERE] = HOSTS;

/** What is asked of the node, and how often a second. */
export type Question = { readonly what: "metrics" | "query" | "nothing"; readonly perSecond: number };

/** What a node had done at a moment. */
export interface Done {
  readonly packets: number;
  /** Of processor, of all its threads. */
  readonly processorSeconds: number;
}

/**
 * A node that never finds its device empty: on a processor of its own it takes packets, as fast as it can, for a host that
 * answers nothing, so that what it does is its own work and not what two nodes and four processes make of two processors.
 */
export class FullNode {
  /** How many milliseconds each answer took since they were last taken. */
  #waits: number[] = [];
  readonly #node: ChildProcess;
  readonly #asking: ReturnType<Bed["converse"]>;
  readonly #folder: string;

  private constructor(node: ChildProcess, asking: ReturnType<Bed["converse"]>, folder: string) {
    this.#node = node;
    this.#asking = asking;
    this.#folder = folder;
    createInterface({ input: asking.stdout }).on("line", (line) => this.#waits.push(Number(line)));
  }

  static async start(bed: Bed): Promise<FullNode> {
    const network = bed.addNetwork();
    const [place, peer] = [`${network.addressOf(HERE)}:10000`, `${network.addressOf(THERE)}:10000`];
    const metrics = `${network.addressOf(HERE)}:9464`;
    const folder = mkdtempSync(join(tmpdir(), "mosaic-bench-"));
    const control = join(folder, "control.sock");
    const where = ["--listen", place, "--metrics", metrics, "--control", control];
    const device = [`--tun=${DEVICE}`, "--tun-addr", `${INNER}/24`, "--peer", `${INNER_PEER}=${peer}`];
    swallow(bed, network.addressOf(THERE));
    const node = bed.spawn(HERE, [...onProcessor(1), MOSAIC, "run", "tunnel.mzl", ...where, ...device]);
    await running(node);
    const flood = `exec dd if=/dev/zero bs=${PACKET_BYTES} >/dev/udp/${INNER_PEER}/9`;
    bed.spawn(HERE, [...onProcessor(0), "bash", "-c", flood]);
    const asking = [process.execPath, ASKING, `http://${metrics}/metrics`, control, QUERY];
    return new FullNode(node, bed.converse(HERE, [...onProcessor(0), ...asking]), folder);
  }

  /** From now on. */
  ask({ what, perSecond }: Question): void {
    this.#asking.stdin.write(`${what} ${perSecond}\n`);
  }

  takeWaits(): readonly number[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  done(): Done {
    return { packets: this.#packets(), processorSeconds: processorSeconds([this.#node]) };
  }

  /** Whoever asks goes first: the node ends with the bed. */
  async close(): Promise<void> {
    const gone = once(this.#asking, "exit");
    this.#asking.kill("SIGKILL");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** That it has taken from its device, by the kernel's count. */
  #packets(): number {
    const devices = readFileSync(`/proc/${this.#node.pid}/net/dev`, "utf8");
    const [, counts = ""] = devices.split(`${DEVICE}:`);
    // Eight numbers of what the device received, then bytes and packets of what it was given to send.
    return Number(counts.trim().split(/ +/)[9]);
  }
}

/** A socket that nobody reads: without one, the kernel would answer by ICMP. */
function swallow(bed: Bed, address: string): void {
  const open = `require("node:dgram").createSocket("udp4").bind(10000, "${address}", () => process.kill(process.pid, "SIGSTOP"))`;
  bed.spawn(THERE, [process.execPath, "-e", open]);
}

/** Where there are several, the node has one that nothing else of the bench is on. */
function onProcessor(number: number): readonly string[] {
  return availableParallelism() > 1 ? ["taskset", "-c", String(number)] : [];
}

async function running(node: ChildProcess): Promise<void> {
  let said = "";
  node.stderr?.setEncoding("utf8").on("data", (more: string) => (said += more));
  const deadline = performance.now() + START_MS;
  while (!said.includes("running")) {
    const isLate = performance.now() > deadline;
    if (isLate || node.exitCode !== null) throw new Error(`the node does not run:\n${said}`);
    await sleep(50);
  }
}
