/** Hosts with several devices: alike in the simulator and in the kernel. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { nodeCommand } from "../../lab/kernel/node-command.ts";
import type { Namespaces } from "../../lab/kernel/namespaces.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import { describeTraffic, type Topology } from "../../lab/topology/topology.ts";
import { Wiring } from "../../lab/topology/wiring.ts";
import { needs } from "../needs.ts";
import { plansOf } from "./plans-of.ts";
import { runIn } from "./run-in.ts";

const FILE = fileURLToPath(new URL("lab.toml", import.meta.url));

/** Two hosts with two TUN devices each, and two hosts whose TAP devices a learning switch joins. */
const TEXT = `duration = "5s"
programs = ["tunnel.mzl", "devices.mzl"]
peers = ["a", "b"]
watch = ["used"]
links = [{ between = "all", delay = "5ms" }]
[[hosts.a.devices]]
name = "left"
address = "10.91.1.1/24"
[[hosts.a.devices]]
address = "10.91.2.1/24"
[[hosts.b.devices]]
name = "left"
address = "10.91.1.2/24"
[[hosts.b.devices]]
address = "10.91.2.2/24"
[hosts.c]
programs = ["../kernel/bridge.mzl"]
peers = []
facts = ['peer("10.77.0.4:10000")']
devices = [{ kind = "tap", name = "lan", address = "10.92.0.1/24" }, { kind = "tap", name = "port" }]
[hosts.d]
programs = ["../kernel/bridge.mzl"]
peers = []
facts = ['peer("10.77.0.3:10000")']
devices = [{ kind = "tap", name = "lan", address = "10.92.0.2/24" }]
[[traffic]]
from = "10.91.1.1"
to = "10.91.2.2"
at = "500ms"
[[traffic]]
kind = "tcp"
from = "b"
to = "10.91.2.1"
bytes = "100kB"
at = "1s"
[[traffic]]
kind = "tcp"
from = "10.91.2.1"
to = "b"
bytes = "100kB"
at = "1s"
[[traffic]]
kind = "tcp"
from = "d"
to = "10.92.0.1"
bytes = "100kB"
at = "1s"
[[traffic]]
kind = "udp"
from = "10.91.1.1"
to = "10.91.2.2"
rate = "100kbit"
duration = "1s"
[[checks]]
reaches = ["a", "10.91.2.2"]
[[checks]]
completes = "3s"
to = "a"
[[checks]]
completes = "3s"
to = "10.91.1.2"
[[checks]]
completes = "3s"
from = "10.92.0.2"
to = "c"
[[checks]]
lost = 2
traffic = "udp 10.91.1.1 to 10.91.2.2"
`;

function topology(): Topology {
  const read = readTopology(TEXT, FILE);
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join("\n"));
  return read.topology;
}

describe.for(["simulator", "kernel"] as const)("several devices of a host in the %s", (world) => {
  test("carry the traffic to their addresses", { timeout: 60_000 }, async ({ skip }) => {
    const reason = world === "kernel" ? needs("root", "network namespaces", "/dev/net/tun", "addon", "ip") : undefined;
    skip(reason !== undefined, reason);
    const record = new RunRecord(topology());
    const used = new Set<string>();
    for (const observation of await runIn(world, TEXT, FILE)) {
      record.add(observation);
      if (observation.kind === "watch") used.add(`${observation.host} ${JSON.stringify(observation.line.tuple)}`);
    }
    expect(record.checks.map(({ holds, observed }) => [holds, observed])).toEqual(
      record.checks.map(({ observed }) => [true, observed]),
    );
    // Answers leave by the device of the network that they go to.
    expect([...used].toSorted()).toEqual(
      ["a", "b"].flatMap((host) => ["left", "mosaic0"].map((device) => `${host} ["used","${device}"]`)),
    );
  });
});

test("a tunnel is added only to the programs of hosts with a TUN device", () => {
  const read = topology();
  const plans = plansOf({ ...read, hosts: read.hosts.map((host) => ({ ...host, programs: ["ron.mzl"], facts: [] })) });
  const hasTunnel = read.hosts.map((host) => {
    const plan = plans.of({ ...host, programs: ["ron.mzl"], facts: [] });
    return plan.predicates.some(({ name }) => name === "addressMap");
  });
  expect(hasTunnel).toEqual([true, true, false, false]);
});

test("traffic is described by the addresses that the file names", () => {
  expect(topology().traffic.slice(0, 2).map(describeTraffic)).toEqual([
    "10.91.1.1 pings 10.91.2.2 every 100 ms",
    "b sends 10.91.2.1 a TCP transfer of 100 kB",
  ]);
});

test("a host of a lab runs with its devices, and with the addresses of the TUN devices of its peers", () => {
  const read = topology();
  const plans = plansOf(read);
  const namespaces = { wiring: new Wiring(read), socketOf: (name: string) => name } as unknown as Namespaces;
  const setup = { topology: read, plans, namespaces, mosaic: "mosaic", captures: undefined };
  const commands = read.hosts.map((host) => nodeCommand(host, setup, 1).join(" "));
  expect(commands[0]).toContain(" --tun=left --tun-addr 10.91.1.1/24 --tun=mosaic0 --tun-addr 10.91.2.1/24 ");
  expect(commands[0]).toContain(" --peer 10.91.1.2=10.77.0.2:10000 --peer 10.91.2.2=10.77.0.2:10000 --watch ");
  expect(commands[2]).toContain(" --tap=lan --tun-addr 10.92.0.1/24 --tap=port --fact ");
});
