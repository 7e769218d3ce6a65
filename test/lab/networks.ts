/**
 * Networks with NAT gateways, moves, rates and loss: each has the same outcome in the simulator and in the kernel.
 * `networks.test.ts` tests some in the kernel, `networks.long.test.ts` all.
 */
import { expect, test } from "vitest";
import { runInKernel } from "../../lab/kernel/kernel.ts";
import type { PingRecord } from "../../lab/outcome/ping-record.ts";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { runSimulated } from "../../lab/simulator/run-simulated.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";
import { MOSAIC } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";
import { plansOf } from "./plans-of.ts";

type World = "simulator" | "kernel";

/** Runs a topology of tunnels in one of the backends. Returns the record of pings of each traffic. */
async function run(world: World, text: string): Promise<readonly PingRecord[]> {
  const read = readTopology(`programs = ["tunnel.mzl"]\n${text}`, "lab.toml");
  if (!read.ok) throw new Error(read.errors.map(formatTopologyError).join("\n"));
  const { topology } = read;
  const record = new RunRecord(topology);
  const observe = record.add.bind(record);
  const { signal } = new AbortController();
  const outcome =
    world === "simulator"
      ? await runSimulated(topology, { plans: plansOf(topology), observe, signal })
      : await runInKernel(topology, {
          mosaic: MOSAIC,
          plans: plansOf(topology),
          pingTool: "UDP echo",
          observe,
          signal,
        });
  expect(outcome).toMatchObject({ ok: true });
  return record.pings;
}

/** Returns the share of lost pings. */
function loss({ sent, lost }: PingRecord): number {
  expect(sent).toBeGreaterThan(2);
  return lost / sent;
}

/** Greatest time in seconds that processes add to a round trip. */
function slowness(world: World): number {
  return world === "kernel" ? 1 : 1e-6;
}

/** Skips a test in the kernel if this host lacks a requirement. */
function skipIfLacking(world: World, skip: (condition: boolean, reason?: string) => void): void {
  if (world !== "kernel") return;
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc");
  skip(reason !== undefined, reason);
}

export function testTranslation(world: World): void {
  test(`in the ${world}, a host behind a NAT gateway reaches others; they reach it only by a forwarded port or after it sends`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const [outbound, inbound, forwarded] = await run(
      world,
      `duration = "3s"
[networks]
home = { range = "192.168.1.0/24", nat = "10.77.255.1" }
office = { range = "192.168.2.0/24", nat = "10.77.255.2", forward = ["b"] }
[hosts]
a = { network = "home" }
b = { network = "office" }
c = {}
d = {}
[[links]]
between = ["home", "c"]
delay = "20ms"
[[traffic]]
from = "a"
to = "c"
[[traffic]]
from = "d"
to = "a"
[[traffic]]
from = "d"
to = "b"
`,
    );
    // The process that answers pings starts slowly on a busy machine.
    expect([outbound, inbound, forwarded].map((one) => one && loss(one) < 0.7)).toEqual([true, false, true]);
    expect(inbound?.roundTrips).toEqual([]);
    expect(outbound?.roundTrips[0]).toBeGreaterThan(0.039);
    expect(forwarded?.roundTrips[0]).toBeLessThan(0.02);
  });
}

export function testGateway(world: World): void {
  test(`in the ${world}, a host is the gateway of its network: packets pass both links, and others enter only by a forwarded port`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const [outbound, fromGateway, inbound, forwarded] = await run(
      world,
      `duration = "6s"
[networks]
home = { range = "192.168.1.0/24", gateway = "gw", nat = true, forward = ["printer"] }
office = { range = "10.1.0.0/24" }
[hosts]
gw = { networks = ["office", "home"] }
laptop = { network = "home" }
printer = { network = "home" }
bob = { network = "office" }
eve = { peers = ["laptop", "printer"] }
[[links]]
between = ["home", "laptop"]
delay = "20ms"
[[links]]
from = "gw"
to = "bob"
delay = "10ms"
[[traffic]]
from = "laptop"
to = "bob"
[[traffic]]
from = "gw"
to = "laptop"
[[traffic]]
from = "eve"
to = "laptop"
[[traffic]]
from = "eve"
to = "printer"
[[events]]
at = "5s"
cut = ["laptop", "gw"]
`,
    );
    expect(inbound?.roundTrips).toEqual([]);
    expect(forwarded && loss(forwarded)).toBeLessThan(0.7);
    // The link to the gateway takes 20 ms each way, the one from the gateway to bob 10 ms.
    const fastest = [outbound, fromGateway].map((one) => Math.min(...(one?.roundTrips ?? [])));
    for (const [at, least] of [0.05, 0.04].entries()) {
      expect(fastest[at]).toBeGreaterThan(least - 1e-6);
      expect(fastest[at]).toBeLessThan(least + slowness(world));
    }
    for (const one of [outbound, fromGateway]) expect(one?.between(5.1, 6).answered).toBe(0);
  });
}

function testRouting(world: World): void {
  test(`in the ${world}, a host only routes for its network: hosts there and elsewhere reach each other by their own addresses`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const pings = await run(
      world,
      `duration = "6s"
[networks]
net = { range = "10.1.0.0/24" }
home = { range = "192.168.1.0/24", gateway = "gw" }
den = { range = "192.168.2.0/24", gateway = "hub" }
shop = { range = "192.168.3.0/24", gateway = "till", nat = true }
[hosts]
gw = { networks = ["net", "home"] }
hub = { networks = ["den", "net"] }
till = { networks = ["net", "shop"] }
laptop = { network = "home" }
sofa = { network = "den" }
clerk = { network = "shop" }
bob = { network = "net", peers = [], facts = ['addressMap("100.64.0.4", "192.168.1.2:10000")'] }
[[links]]
between = ["net", "home", "den", "shop"]
delay = "10ms"
[[links]]
between = ["laptop", "gw"]
delay = "20ms"
[[traffic]]
from = "bob"
to = "laptop"
[[traffic]]
from = "laptop"
to = "gw"
[[traffic]]
from = "sofa"
to = "laptop"
[[traffic]]
from = "clerk"
to = "laptop"
[[events]]
at = "5s"
cut = ["laptop", "gw"]
`,
    );
    // Links of 20 ms to the laptop, and of 10 ms elsewhere: two to bob, one to the gateway, three to the sofa and to the clerk.
    for (const [at, least] of [0.06, 0.04, 0.08, 0.08].entries()) {
      const fastest = Math.min(...(pings[at]?.roundTrips ?? []));
      expect([at, fastest > least - 1e-6, fastest < least + slowness(world)]).toEqual([at, true, true]);
      expect([at, pings[at]?.between(5.1, 6).answered]).toEqual([at, 0]);
    }
  });
}

function testTranslationBehindRouter(world: World): void {
  test(`in the ${world}, a network behind a host that only routes is translated with the network before it`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const [outbound, inside, inbound] = await run(
      world,
      `duration = "4s"
[networks]
net = { range = "10.1.0.0/24" }
office = { range = "10.2.0.0/24", gateway = "edge", nat = true }
home = { range = "192.168.1.0/24", gateway = "gw" }
[hosts]
edge = { networks = ["net", "office"] }
gw = { networks = ["office", "home"] }
laptop = { network = "home" }
desk = { network = "office" }
bob = { network = "net" }
eve = { network = "net", peers = [], facts = ['addressMap("100.64.0.3", "192.168.1.2:10004")'] }
[[links]]
between = "all"
delay = "10ms"
[[traffic]]
from = "laptop"
to = "bob"
[[traffic]]
from = "desk"
to = "laptop"
[[traffic]]
from = "eve"
to = "laptop"
`,
    );
    for (const [one, least] of [
      [outbound, 0.06],
      [inside, 0.04],
    ] as const) {
      const fastest = Math.min(...(one?.roundTrips ?? []));
      expect(fastest).toBeGreaterThan(least - 1e-6);
      expect(fastest).toBeLessThan(least + slowness(world));
    }
    expect(inbound?.roundTrips).toEqual([]);
  });
}

function testChain(world: World): void {
  test(`in the ${world}, gateways follow one another, and connect the networks behind them`, async ({ skip }) => {
    skipIfLacking(world, skip);
    const pings = await run(
      world,
      `duration = "4s"
[networks]
net = { range = "10.1.0.0/24" }
office = { range = "10.2.0.0/24", gateway = "edge", nat = true }
home = { range = "192.168.1.0/24", gateway = "gw", nat = true }
attic = { range = "192.168.2.0/24", gateway = "gw", nat = true }
[hosts]
edge = { networks = ["net", "office"] }
gw = { networks = ["office", "home", "attic"] }
laptop = { network = "home" }
tablet = { network = "attic" }
desk = { network = "office" }
bob = { network = "net" }
[[links]]
between = "all"
delay = "20ms"
[[traffic]]
from = "laptop"
to = "bob"
[[traffic]]
from = "tablet"
to = "desk"
[[traffic]]
from = "laptop"
to = "tablet"
`,
    );
    // Three links to bob, two to the others.
    for (const [at, least] of [0.12, 0.08, 0.08].entries()) {
      const [fastest = 0] = pings[at]?.roundTrips ?? [];
      expect(fastest).toBeGreaterThan(least - 1e-6);
      expect(fastest).toBeLessThan(least + slowness(world));
    }
  });
}

function testMove(world: World): void {
  test(`in the ${world}, a host that moves gets the links of its new network, and a new address that its peer does not know`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const text = (peers: string): string => `duration = "3s"
[networks]
near = { range = "10.1.0.0/24" }
far = { range = "10.2.0.0/24" }
[hosts]
a = { network = "near" }
b = { ${peers} }
[[links]]
between = ["far", "b"]
delay = "20ms"
[[traffic]]
from = "a"
to = "b"
[[events]]
at = "1500ms"
move = "a"
to = "far"
`;
    const [unreachable] = await run(world, text(""));
    expect(unreachable?.roundTrips.length).toBeGreaterThan(2);
    expect(unreachable?.recent(5)).toEqual([false, false, false, false, false]);
    const [reachable] = await run(world, text(`peers = [], facts = ['addressMap("100.64.0.1", "10.2.0.1:10000")']`));
    expect(reachable?.roundTrips.at(-1)).toBeGreaterThan(0.039);
    expect(reachable?.recent(5)).toEqual([true, true, true, true, true]);
  });
}

export function testRate(world: World): void {
  test(`in the ${world}, a link with a rate queues and drops packets above the rate, until the rate is changed`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const [pings] = await run(
      world,
      `duration = "4s"
hosts = 2
[[links]]
from = "a"
to = "b"
rate = "100kbit"
queue = "250ms"
[[traffic]]
from = "a"
to = "b"
every = "2ms"
[[events]]
at = "2s"
change = { from = "a", to = "b", rate = "10Mbit" }
`,
    );
    // Not the very slowest: a busy machine may have delayed those.
    const full = pings?.roundTrips.at(-40);
    expect(full).toBeGreaterThan(0.15);
    expect(full).toBeLessThan(0.45);
    expect(pings && loss(pings)).toBeGreaterThan(0.05);
    expect(pings && loss(pings)).toBeLessThan(0.6);
    // Not the very last, whose replies may be in flight.
    expect(pings?.recent(200).slice(0, 50)).not.toContain(false);
  });
}

function testLoss(world: World): void {
  test(`in the ${world}, a link whose only fault is loss drops at its loss rate, until that is changed`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const [pings] = await run(
      world,
      `duration = "6s"
hosts = 2
links = [{ from = "b", to = "a", loss = 0.3 }]
traffic = [{ from = "a", to = "b", every = "5ms" }]
events = [{ at = "4s", change = { from = "b", to = "a", loss = 0 } }]
`,
    );
    const before = pings?.between(0.5, 4) ?? { sent: 0, answered: 0 };
    expect(before.sent).toBeGreaterThan(100);
    expect(before.answered / before.sent).toBeGreaterThan(0.6);
    expect(before.answered / before.sent).toBeLessThan(0.8);
    // A busy machine applies the change a little later.
    const after = pings?.between(4.8, 5.8) ?? { sent: 0, answered: 0 };
    expect(after.answered / after.sent).toBeGreaterThan(0.85);
  });
}

/** Functions that declare the test of one scene in a world. */
export const ALL_SCENES: readonly ((world: World) => void)[] = [
  testTranslation,
  testGateway,
  testRouting,
  testTranslationBehindRouter,
  testChain,
  testMove,
  testRate,
  testLoss,
];
