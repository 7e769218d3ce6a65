import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { Node } from "../runtime/node/node.ts";
import { loadProgram } from "../runtime/node/program.ts";
import { metricsOf } from "../runtime/observe/metrics.ts";
import { openMetricsServer } from "../runtime/observe/metrics-server.ts";
import { Simulation } from "../runtime/sim/simulation.ts";
import type { World } from "../runtime/world/world.ts";
import { FileLibrary } from "../src/cli/file-library.ts";
import { compile } from "../src/compile.ts";
import { compare } from "./harness/figure.ts";
import { report } from "./harness/report.ts";
import { measureInRounds, ROUNDS } from "./harness/rounds.ts";

/**
 * What does it cost a busy node to be asked for its metrics, and how long does who asks wait? A node of many rules does
 * nothing but events; another process asks ten times a second, far more often than Prometheus does.
 */
const IS_QUICK = process.argv.includes("--quick");
const ASKED_EVERY_MS = 100;
const RULES = 50;
const EVENTS_PER_TURN = 1_000;
const EVENTS = IS_QUICK ? 100_000 : 1_000_000;

/** Asks, and prints how many milliseconds each answer took. */
const ASKING = `
setInterval(async () => {
  const start = performance.now();
  await (await fetch(process.argv[1])).text();
  console.log(performance.now() - start);
}, ${ASKED_EVERY_MS});`;

function busyNode(): Node {
  const rules = Array.from({ length: RULES }, (_, at) => {
    return `materialize(t${at}, infinity, 100, keys(1)).\nr${at}: t${at}(X, Y) :- in(X, ${at}), Y := X + 1.\n`;
  });
  const library = new FileLibrary();
  library.give("bench", rules.join(""));
  const { plan } = compile(["bench"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program of the bench has errors");
  const worlds: World[] = [];
  const simulation = new Simulation({ seed: 1 });
  simulation.addHost({ name: "here", address: "here:1", boot: (world) => worlds.push(world) }).start();
  const node = new Node(loadProgram(plan), worlds[0] as World, { names: ["here:1"], facts: [], watch: [] });
  node.start();
  return node;
}

async function work(node: Node): Promise<void> {
  for (let event = 0; event < EVENTS; event += EVENTS_PER_TURN) {
    for (let one = 0; one < EVENTS_PER_TURN; one++) node.insert("in", [one % 100, one % RULES]);
    await turn();
  }
}

/** Of processor time: who asks is another process, and what the machine does besides is not the node's affair. */
async function eventsPerSecond(node: Node): Promise<number> {
  const before = process.cpuUsage();
  await work(node);
  const { user, system } = process.cpuUsage(before);
  return EVENTS / ((user + system) / 1e6);
}

const waits: number[] = [];

function ask(url: string): ChildProcess {
  const child = spawn(process.execPath, ["-e", ASKING, url], { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => waits.push(Number(line)));
  return child;
}

const node = busyNode();
const source = { metrics: () => metricsOf(node.figures()), unready: () => undefined };
const opened = await openMetricsServer({ host: "127.0.0.1", port: 0, family: 4 }, source);
if (!opened.ok) throw new Error(opened.message);
const url = `http://${opened.server.address}/metrics`;

const samples = await measureInRounds(
  [
    { name: "alone", measure: () => eventsPerSecond(node) },
    {
      name: "asked",
      measure: async () => {
        const child = ask(url);
        const rate = await eventsPerSecond(node);
        child.kill();
        return rate;
      },
    },
  ],
  IS_QUICK ? 1 : ROUNDS,
);
await opened.server.close();

const [alone, asked] = ["alone", "asked"].map((name) => samples.get(name)?.median ?? NaN);
const middle = waits.toSorted((one, other) => one - other)[waits.length >> 1] ?? NaN;
const rate = { value: alone ?? NaN, name: "not asked" };
report([
  compare("metrics", "events while asked ten times a second", "events/s", asked ?? NaN, rate),
  compare("metrics", "an answer under full load", "ms", middle, { value: 100, name: "what is allowed" }),
]);
