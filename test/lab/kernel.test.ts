/** The kernel backend of the lab: namespaces, links, pings and nodes as real processes. Needs root. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { runInKernel } from "../../lab/kernel/kernel.ts";
import { Namespaces } from "../../lab/kernel/namespaces.ts";
import type { Observation } from "../../lab/outcome/observation.ts";
import type { PingTool } from "../../lab/kernel/ping-process.ts";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import type { Topology } from "../../lab/topology/topology.ts";
import { needs } from "../needs.ts";
import { plansOf } from "./plans-of.ts";

const MOSAIC = fileURLToPath(new URL("../../mosaic", import.meta.url));

function topologyOf(text: string): Topology {
  const read = readTopology(text, "lab.toml");
  if (!read.ok) throw new Error(read.errors[0]?.message);
  return read.topology;
}

/** Returns the namespaces of labs of a process, by default of this one. */
function leftovers(pid: number | undefined = process.pid): readonly string[] {
  try {
    return readdirSync("/run/netns").filter((name) => name.startsWith(`mz${pid}-`));
  } catch {
    return [];
  }
}

/** Returns the command line of a process. Empty for a process that has exited, also if it is a zombie. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
  skip(reason !== undefined, reason);
});

/** Program that sends one datagram and prints the error code if that fails. */
const SENDER = `
const { createSocket } = require("node:dgram");
const socket = createSocket("udp4");
socket.send("hello", 9, process.argv[1], (error) => error && console.log(error.code));
setTimeout(() => socket.close(), 300);`;

/** Program that prints the first datagram, or `nothing` after a timeout. */
const RECEIVER = `
const { createSocket } = require("node:dgram");
const socket = createSocket("udp4");
socket.on("message", (bytes) => { console.log(String(bytes)); process.exit(); });
socket.bind(9, () => console.log("bound"));
setTimeout(() => { console.log("nothing"); process.exit(); }, 800);`;

/** Sends a datagram from `a` to `b`. Returns the output of sender and receiver. */
async function sendDatagram(namespaces: Namespaces): Promise<string> {
  const node = (host: string, program: string): readonly string[] =>
    namespaces.on(host, [process.execPath, "-e", program, "10.77.0.2"]);
  const [command = "", ...args] = node("b", RECEIVER);
  const receiver = spawn(command, args);
  let received = "";
  receiver.stdout.setEncoding("utf8").on("data", (text: string) => (received += text));
  const ended = new Promise((resolve) => receiver.once("close", resolve));
  while (!received.includes("bound")) await new Promise((resolve) => setTimeout(resolve, 10));
  const [senderCommand = "", ...senderArgs] = node("a", SENDER);
  const sender = spawnSync(senderCommand, senderArgs, { encoding: "utf8" });
  await ended;
  return `${sender.stdout}${sender.stderr}${received}`.replace("bound\n", "").trim();
}

describe("hosts as namespaces", () => {
  const { hosts } = topologyOf('duration = "1s"\nprograms = ["x.mzl"]\nhosts = 2');
  const wired = { hosts, networks: [], links: [] };
  const directions = [
    { from: "a", to: "b" },
    { from: "b", to: "a" },
  ];

  test("reach each other except while their link is cut, and the sender gets no error then", async () => {
    const namespaces = new Namespaces(wired);
    try {
      expect(await sendDatagram(namespaces)).toBe("hello");
      namespaces.apply({ kind: "cut", directions });
      namespaces.apply({ kind: "cut", directions });
      expect(await sendDatagram(namespaces)).toBe("nothing");
      namespaces.apply({ kind: "heal", directions });
      namespaces.apply({ kind: "heal", directions });
      expect(await sendDatagram(namespaces)).toBe("hello");
    } finally {
      namespaces.close();
    }
    expect(leftovers()).toEqual([]);
  });

  test("are removed with their processes when the lab is killed", async () => {
    const program = `
      import { Namespaces } from "${new URL("../../lab/kernel/namespaces.ts", import.meta.url).href}";
      import { spawn } from "node:child_process";
      const [command, ...args] = new Namespaces(${JSON.stringify(wired)}).on("a", ["sleep", "1000"]);
      spawn(command, args, { detached: true, stdio: "ignore" });
      setTimeout(() => console.log("made"), 200);
      setInterval(() => {}, 1000);`;
    const lab = spawn(process.execPath, ["--input-type=module-typescript", "-e", program]);
    await new Promise((resolve) => lab.stdout.once("data", resolve));
    const [inside] = leftovers(lab.pid).filter((name) => name.endsWith("-a"));
    const sleeper = spawnSync("ip", ["netns", "pids", inside ?? ""], { encoding: "utf8" }).stdout.trim();
    expect(Number(sleeper)).toBeGreaterThan(0);
    lab.kill("SIGKILL");
    await expect.poll(() => leftovers(lab.pid), { timeout: 5000 }).toEqual([]);
    await expect.poll(() => commandOf(sleeper), { timeout: 5000 }).toBe("");
  });

  test("are all removed when the setup of one fails", () => {
    const [host] = hosts;
    if (host === undefined) return;
    const bad = [host, { ...host, name: "b", machine: "b", address: "no.address:1" }];
    expect(() => new Namespaces({ ...wired, hosts: bad })).toThrow(/ip .*-batch/);
    expect(leftovers()).toEqual([]);
  });
});

const TUNNEL = `
duration = "2800ms"
programs = ["tunnel.mzl"]
hosts = 2
[[traffic]]
from = "a"
to = "b"
every = "50ms"
[[events]]
at = "800ms"
cut = ["a", "b"]
[[events]]
at = "1600ms"
heal = ["a", "b"]
`;

async function run(
  topology: Topology,
  pingTool: PingTool,
): Promise<{ record: RunRecord; exits: readonly Observation[] }> {
  const record = new RunRecord(topology);
  const exits: Observation[] = [];
  const observe = (observation: Observation): void => {
    record.add(observation);
    if (observation.kind === "exited") exits.push(observation);
  };
  const { signal } = new AbortController();
  const outcome = await runInKernel(topology, { mosaic: MOSAIC, plans: plansOf(topology), pingTool, observe, signal });
  expect(outcome).toMatchObject({ ok: true });
  expect(leftovers()).toEqual([]);
  return { record, exits };
}

describe("a tunnel in the kernel", () => {
  test.each<PingTool>(["ping", "UDP echo"])(
    "carries a %s, and loses packets sent while its link is cut",
    async (tool) => {
      if (tool === "ping" && needs("ping") !== undefined) return;
      // As after the clock of the system was set, or the machine slept, since the start of this process.
      using _ = vi.spyOn(performance, "timeOrigin", "get").mockReturnValue(performance.timeOrigin - 5000);
      const { record, exits } = await run(topologyOf(TUNNEL), tool);
      const [pings] = record.pings;
      expect(exits).toEqual([]);
      expect(pings?.sent).toBeGreaterThan(25);
      const [cut] = record.outages(0);
      expect(cut?.lost).toBeGreaterThan(5);
      expect(cut?.seconds).toBeGreaterThan(0.7);
      expect(cut?.seconds).toBeLessThan(2);
      expect((pings?.lost ?? 0) - (cut?.lost ?? 0)).toBeLessThan(5);
    },
  );

  test("delays packets as the topology says, and recovers after a host restarts", async () => {
    const text = TUNNEL.replace("hosts = 2", 'hosts = 2\nlinks = [{ between = "all", delay = "20ms", loss = 0.1 }]');
    const topology = topologyOf(
      text
        .replace('cut = ["a", "b"]', 'kill = "b"')
        .replace('heal = ["a", "b"]', 'start = "b"')
        // A node takes a while to start on a busy machine.
        .replace("2800ms", "8s"),
    );
    const { record, exits } = await run(topology, "UDP echo");
    const [pings] = record.pings;
    expect(exits).toEqual([]);
    expect(pings?.roundTrips[0]).toBeGreaterThan(0.04);
    expect(pings?.recent(4)).toContain(true);
    expect(record.outages(0)[0]?.seconds).toBeGreaterThan(0.7);
  });

  test("ends with a message when the link process is killed", async () => {
    const topology = topologyOf(TUNNEL.replace("hosts = 2", 'hosts = 2\nlinks = [{ between = "all", delay = "5ms" }]'));
    const kill = (): void => {
      const { stdout } = spawnSync("pgrep", ["-P", String(process.pid), "-f", "link-process.ts"], { encoding: "utf8" });
      for (const pid of stdout.split("\n")) if (pid !== "") process.kill(Number(pid), "SIGKILL");
    };
    const observe = ({ kind }: Observation): void => void (kind === "tick" && kill());
    const { signal } = new AbortController();
    const settings = { mosaic: MOSAIC, plans: plansOf(topology), pingTool: "UDP echo" as const, observe, signal };
    expect(await runInKernel(topology, settings)).toEqual({
      ok: false,
      message: "the link process exited: it was killed",
    });
    expect(leftovers()).toEqual([]);
  });

  test("is removed at once when the run is interrupted", async () => {
    const controller = new AbortController();
    const settings = {
      mosaic: MOSAIC,
      plans: plansOf(topologyOf(TUNNEL)),
      pingTool: "UDP echo" as const,
      observe: () => controller.abort(),
      signal: controller.signal,
    };
    expect(await runInKernel(topologyOf(TUNNEL), settings)).toEqual({ ok: false, message: "interrupted" });
    expect(leftovers()).toEqual([]);
  });

  test("fails with the host and its output when a node does not start", async () => {
    const topology = topologyOf(TUNNEL);
    const { signal } = new AbortController();
    const settings = { mosaic: MOSAIC, plans: plansOf(topology), pingTool: "ping" as const, observe: () => {}, signal };
    const outcome = await runInKernel(topology, { ...settings, mosaic: "/bin/false" });
    expect(outcome).toMatchObject({ ok: false, message: expect.stringMatching(/^a: exit code 1/) });
    expect(leftovers()).toEqual([]);
  });
});
