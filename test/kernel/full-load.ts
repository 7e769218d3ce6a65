import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { HOST_NAMES, type HostName, type RonLab, sleep, underlay, until, virtual } from "./ron-lab.ts";
import { METRICS, sumOf, readMetrics } from "./read-metrics.ts";

const PORT = 5201;
const SERVE_MS = 500;
const START_MS = 10_000;
/** Time until the first measurements of a link no longer count. */
const SETTLE_MS = 3_000;
const FAILOVER_MS = 20_000;

export interface Findings {
  /** Links that a member declared dead before the cut. */
  readonly dead: readonly string[];
  /** Routes through another member until then, because they were faster. */
  readonly detours: readonly string[];
  /** Time until both ends routed around the cut. */
  readonly failoverMs: number;
  /** Whether packets got through after that. */
  readonly isReached: boolean;
  /** Per node, until the cut. */
  readonly readings: readonly Reading[];
}

/** Read cycles of a node, those over budget, and datagrams from the control socket. */
export interface Reading {
  readonly readCycles: number;
  readonly overBudget: number;
  readonly control: number;
}

/** The load of a lab: streams and floods through its overlay, each with its own server. */
const LOADS: readonly { readonly from: HostName; readonly to: HostName; readonly options: readonly string[] }[] = [
  { from: "a", to: "b", options: ["-P", "4"] },
  { from: "c", to: "b", options: ["-P", "2"] },
  { from: "b", to: "a", options: ["-P", "2"] },
  { from: "a", to: "b", options: ["-u", "-b", "0", "-l", "1200"] },
  { from: "c", to: "b", options: ["-u", "-b", "0", "-l", "64"] },
];

/** Sends more than the nodes of a lab can carry, until it is stopped. */
class FullLoad {
  readonly #lab: RonLab;
  readonly #processes: ChildProcess[] = [];

  private constructor(lab: RonLab) {
    this.#lab = lab;
  }

  static async start(lab: RonLab, seconds: number): Promise<FullLoad> {
    const load = new FullLoad(lab);
    LOADS.forEach(({ to }, at) => load.#run(to, ["-s", "-p", String(PORT + at)]));
    await sleep(SERVE_MS);
    LOADS.forEach(({ from, to, options }, at) =>
      load.#run(from, ["-c", virtual(to), "-p", String(PORT + at), "-t", String(seconds), ...options]),
    );
    return load;
  }

  async stop(): Promise<void> {
    const running = this.#processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ends = running.map((child) => once(child, "exit"));
    for (const child of running) child.kill("SIGKILL");
    await Promise.all(ends);
  }

  #run(host: HostName, options: readonly string[]): void {
    const child = this.#lab.spawn(host, ["iperf3", ...options]);
    child.stdout?.resume();
    child.stderr?.resume();
    this.#processes.push(child);
  }
}

/** Consecutive probes that a link may lose: OUTAGE of ron.mzl. */
const OUTAGE = 6;

/** Links that their member declared dead after the first `from` watched rows. */
function deadLinks(lab: RonLab, from: number): readonly string[] {
  const links = lab.routes.slice(from).filter(({ op, tuple }) => op === "+" && tuple[0] === "ron.link");
  return links.flatMap(({ node, tuple: [, one, other, , , missed] }) =>
    one === underlay(node) && Number(missed) >= OUTAGE ? [`${node} to ${String(other)}`] : [],
  );
}

/** Routes through another member that were chosen after the first `from` watched rows. */
function detours(lab: RonLab, from: number): readonly string[] {
  const routes = lab.routes.slice(from).filter(({ op, tuple }) => op === "+" && tuple[0] === "ron.RT");
  return routes.flatMap(({ node, tuple: [, to, next] }) =>
    to === next || to === underlay(node) ? [] : [`${node} to ${String(to)} by ${String(next)}`],
  );
}

function readingOf(lab: RonLab, host: HostName): Reading {
  const metrics = readMetrics((...command) => lab.run(host, command).stdout);
  return {
    readCycles: sumOf(metrics, "mosaic_read_cycles_total"),
    overBudget: sumOf(metrics, "mosaic_read_over_budget_total"),
    control: sumOf(metrics, "mosaic_network_control_total"),
  };
}

/** Options for the nodes of such a lab. */
export const OPTIONS: readonly string[] = [...METRICS, "--watch", "ron.link"];

/** Loads a lab fully for some seconds, cuts a link, and returns the findings. */
export async function cutUnderLoad(lab: RonLab, seconds: number): Promise<Findings> {
  expect(await until(() => isDirect(lab), START_MS)).toBe(true);
  await sleep(SETTLE_MS);
  const from = lab.routes.length;
  const load = await FullLoad.start(lab, 2 * seconds + 60);
  try {
    await sleep(seconds * 1_000);
    const before = { dead: deadLinks(lab, from), detours: detours(lab, from) };
    const readings = HOST_NAMES.map((host) => readingOf(lab, host));
    const cutAt = Date.now();
    lab.cut("a", "b");
    await until(() => lab.next("a", "b") === underlay("c") && lab.next("b", "a") === underlay("c"), FAILOVER_MS);
    const failoverMs = Date.now() - cutAt;
    const isReached = lab
      .run("a", ["ping", "-n", "-c", "20", "-i", "0.1", "-W", "1", virtual("b")])
      .stdout.includes("time=");
    return { ...before, failoverMs, isReached, readings };
  } finally {
    await load.stop();
  }
}

function isDirect(lab: RonLab): boolean {
  return HOST_NAMES.every((from) => HOST_NAMES.every((to) => from === to || lab.next(from, to) === underlay(to)));
}
