import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type TestBed, HOSTS } from "../harness/test-bed.ts";
import { processorSeconds } from "../harness/processor-time.ts";

const MOSAIC = fileURLToPath(new URL("../../mosaic", import.meta.url));
const REQUESTS = fileURLToPath(new URL("requests.ts", import.meta.url));
const DEVICE = "moz";
const [INNER, INNER_PEER] = ["100.64.0.1", "100.64.0.2"];
const QUERY = "addressMap(Host, Node)";
const PACKET_BYTES = 64;
const START_MS = 15_000;
const [NODE_HOST, SINK_HOST] = HOSTS;

/** Kind and rate of the requests to the node. */
export type RequestLoad = { readonly kind: "metrics" | "query" | "nothing"; readonly perSecond: number };

/** Totals since the start of the node. */
export interface WorkDone {
  readonly packets: number;
  /** Processor time of all its threads. */
  readonly processorSeconds: number;
}

/**
 * A node whose device always holds packets. It has one processor to itself and sends to a host that never answers, so its
 * rate depends on its own work alone, not on how the kernel shares two processors among four processes.
 */
export class SaturatedNode {
  /** Latencies of the answers since the last call of `takeLatencies`, in milliseconds. */
  #latencies: number[] = [];
  readonly #node: ChildProcess;
  readonly #requester: ReturnType<TestBed["spawnWithPipes"]>;
  readonly #folder: string;

  private constructor(node: ChildProcess, requester: ReturnType<TestBed["spawnWithPipes"]>, folder: string) {
    this.#node = node;
    this.#requester = requester;
    this.#folder = folder;
    createInterface({ input: requester.stdout }).on("line", (line) => this.#latencies.push(Number(line)));
  }

  static async start(bed: TestBed): Promise<SaturatedNode> {
    const network = bed.addNetwork();
    const [listen, peer] = [`${network.addressOf(NODE_HOST)}:10000`, `${network.addressOf(SINK_HOST)}:10000`];
    const metrics = `${network.addressOf(NODE_HOST)}:9464`;
    const folder = mkdtempSync(join(tmpdir(), "mosaic-bench-"));
    const control = join(folder, "control.sock");
    const options = ["--insecure", "--listen", listen, "--metrics", metrics, "--control", control];
    const device = [`--tun=${DEVICE}`, "--tun-addr", `${INNER}/24`, "--peer", `${INNER_PEER}=${peer}`];
    discardDatagrams(bed, network.addressOf(SINK_HOST));
    const node = bed.spawn(NODE_HOST, [...onProcessor(1), MOSAIC, "run", "tunnel.mzl", ...options, ...device]);
    await untilRunning(node);
    const flood = `exec dd if=/dev/zero bs=${PACKET_BYTES} >/dev/udp/${INNER_PEER}/9`;
    bed.spawn(NODE_HOST, [...onProcessor(0), "bash", "-c", flood]);
    const requester = [process.execPath, REQUESTS, `http://${metrics}/metrics`, control, QUERY];
    return new SaturatedNode(node, bed.spawnWithPipes(NODE_HOST, [...onProcessor(0), ...requester]), folder);
  }

  /** Sets the request load from now on. */
  setLoad({ kind, perSecond }: RequestLoad): void {
    this.#requester.stdin.write(`${kind} ${perSecond}\n`);
  }

  takeLatencies(): readonly number[] {
    const waits = this.#latencies;
    this.#latencies = [];
    return waits;
  }

  workDone(): WorkDone {
    return { packets: this.#packets(), processorSeconds: processorSeconds([this.#node]) };
  }

  /** Ends the requesting process. The node ends with the test bed. */
  async close(): Promise<void> {
    const gone = once(this.#requester, "exit");
    this.#requester.kill("SIGKILL");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Packets that the node has read from its device, as the kernel counts them. */
  #packets(): number {
    const devices = readFileSync(`/proc/${this.#node.pid}/net/dev`, "utf8");
    const [, counts = ""] = devices.split(`${DEVICE}:`);
    // Eight counters for received packets, then bytes and packets of the transmit side.
    return Number(counts.trim().split(/ +/)[9]);
  }
}

/** Opens a socket that no process reads. Without a socket, the kernel would answer each datagram with ICMP. */
function discardDatagrams(bed: TestBed, address: string): void {
  const open = `require("node:dgram").createSocket("udp4").bind(10000, "${address}", () => process.kill(process.pid, "SIGSTOP"))`;
  bed.spawn(SINK_HOST, [process.execPath, "-e", open]);
}

/** Pins a command to a processor, on machines with more than one. */
function onProcessor(number: number): readonly string[] {
  return availableParallelism() > 1 ? ["taskset", "-c", String(number)] : [];
}

async function untilRunning(node: ChildProcess): Promise<void> {
  let output = "";
  node.stderr?.setEncoding("utf8").on("data", (more: string) => (output += more));
  const deadline = performance.now() + START_MS;
  while (!output.includes("running")) {
    const isLate = performance.now() > deadline;
    if (isLate || node.exitCode !== null) throw new Error(`the node does not run:\n${output}`);
    await sleep(50);
  }
}
