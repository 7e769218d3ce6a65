/** A simulated host that forwards: `gw` is in the network `home`, where `laptop` is, and in `office`, where `bob` is. */
import { expect, test } from "vitest";
import { SimRouter } from "../../runtime/sim/sim-router.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";

const ADDRESSES = {
  laptop: "192.168.1.2:10001",
  gw: "10.1.0.1:10000",
  bob: "10.1.0.2:10000",
  stranger: "10.77.0.9:10000",
} as const;
const GW_INSIDE = "192.168.1.1:10000";
const MAPPED = "10.1.0.1:10001";

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

type Name = keyof typeof ADDRESSES;

interface Rig {
  readonly simulation: Simulation;
  readonly worlds: ReadonlyMap<string, World>;
  /** What arrived: `bob got hi from 10.1.0.1:10001 at 0.02`. */
  readonly got: string[];
  /** Sends a text at a time. */
  readonly send: (at: number, from: Name, to: string, text: string) => void;
}

/** Each link between two hosts takes 10 ms. */
function rig(forwarded: readonly string[] = []): Rig {
  const simulation = new Simulation({ seed: 1, faults: () => ({ delay: 0.01 }) });
  const home = new SimRouter(forwarded);
  const worlds = new Map<string, World>();
  const got: string[] = [];
  const add = (
    name: Name,
    more: Omit<Parameters<Simulation["addHost"]>[0], "name" | "address" | "boot"> = {},
  ): void => {
    const boot = (world: World): void => {
      worlds.set(name, world);
      world.datagrams.onDatagram(({ bytes, from }) =>
        got.push(`${name} got ${textOf(bytes)} from ${from} at ${simulation.now.toFixed(2)}`),
      );
    };
    simulation.addHost({ name, address: ADDRESSES[name], boot, ...more }).start();
  };
  add("laptop", { realm: home, network: "home" });
  add("gw", {
    network: "office",
    others: [{ address: GW_INSIDE, realm: home, network: "home" }],
    routers: [home],
  });
  add("bob", { network: "office" });
  add("stranger");
  const send: Rig["send"] = (at, from, to, text) =>
    simulation.at(at, () => worlds.get(from)?.datagrams.send(to, Buffer.from(text)));
  return { simulation, worlds, got, send };
}

test("a datagram from inside passes two links, with the address of the gateway; the reply comes back", () => {
  const { simulation, got, send } = rig();
  send(0, "laptop", ADDRESSES.bob, "hi");
  send(1, "bob", MAPPED, "hello");
  simulation.runUntil(2);
  expect(got).toEqual([`bob got hi from ${MAPPED} at 0.02`, `laptop got hello from ${ADDRESSES.bob} at 1.02`]);
});

test("datagrams of others do not enter, neither to the mapped port nor to an address inside", () => {
  const { simulation, got, send } = rig();
  send(0, "laptop", ADDRESSES.bob, "hi");
  send(1, "stranger", MAPPED, "mapped");
  send(1, "stranger", ADDRESSES.laptop, "inside");
  simulation.runUntil(2);
  expect(got).toEqual([`bob got hi from ${MAPPED} at 0.02`]);
  expect(simulation.network.refused).toBe(2);
});

test("a mapping ends 30 seconds after the last datagram, and 120 seconds after the last answer", () => {
  const { simulation, got, send } = rig();
  send(0, "laptop", ADDRESSES.bob, "hi");
  send(29, "bob", MAPPED, "in time");
  send(148, "bob", MAPPED, "still in time");
  send(269, "bob", MAPPED, "late");
  simulation.runUntil(300);
  expect(got.slice(1).map((line) => line.split(" from ")[0])).toEqual([
    "laptop got in time",
    "laptop got still in time",
  ]);
});

test("a forwarded port is open to others from the start", () => {
  const { simulation, got, send } = rig([ADDRESSES.laptop]);
  send(0, "stranger", MAPPED, "hi");
  send(1, "laptop", ADDRESSES.stranger, "hello");
  simulation.runUntil(2);
  expect(got).toEqual([
    `laptop got hi from ${ADDRESSES.stranger} at 0.02`,
    `stranger got hello from ${MAPPED} at 1.02`,
  ]);
});

test("the gateway itself sends with its address in each network, and receives at both", () => {
  const { simulation, got, send } = rig();
  send(0, "gw", ADDRESSES.laptop, "in");
  send(0.1, "gw", ADDRESSES.bob, "out");
  send(0.2, "gw", ADDRESSES.stranger, "far");
  send(1, "laptop", GW_INSIDE, "near side");
  send(1.1, "laptop", ADDRESSES.gw, "far side");
  send(1.2, "bob", ADDRESSES.gw, "outside");
  simulation.runUntil(2);
  expect(got).toEqual([
    `laptop got in from ${GW_INSIDE} at 0.01`,
    `bob got out from ${ADDRESSES.gw} at 0.11`,
    `stranger got far from ${ADDRESSES.gw} at 0.21`,
    `gw got near side from ${ADDRESSES.laptop} at 1.01`,
    `gw got far side from ${ADDRESSES.laptop} at 1.11`,
    `gw got outside from ${ADDRESSES.bob} at 1.21`,
  ]);
});

test("a cut of the link to the gateway cuts the host off; the gateway forwards without its node", () => {
  const { simulation, got, send } = rig();
  simulation.host("gw").crash();
  send(0, "laptop", ADDRESSES.bob, "first");
  simulation.at(1, () => simulation.cut("laptop", "gw"));
  send(2, "laptop", ADDRESSES.bob, "second");
  simulation.at(3, () => simulation.heal("laptop", "gw"));
  simulation.at(3, () => simulation.cut("laptop", "bob"));
  send(4, "laptop", ADDRESSES.bob, "third");
  simulation.runUntil(5);
  expect(got.map((line) => line.split(" from ")[0])).toEqual(["bob got first", "bob got third"]);
});

test("nobody has an address: the sender counts it, also behind the gateway", () => {
  const { simulation, worlds, send } = rig();
  send(0, "laptop", "10.9.9.9:1", "hi");
  simulation.runUntil(1);
  expect(worlds.get("laptop")?.datagrams.counters.failed).toEqual(new Map([["unknown destination", 1]]));
});

test("connections from inside pass the gateway, with its address; nobody connects to a host inside", () => {
  const { simulation, worlds } = rig();
  const seen: string[] = [];
  const listen = (name: Name, at: string): void =>
    worlds.get(name)?.streams?.listen(
      at,
      ({ peer }) => seen.push(`${name} accepted ${peer.split(":")[0]} at ${simulation.now.toFixed(2)}`),
      () => {},
    );
  const connect = (name: Name, to: string): void => {
    worlds
      .get(name)
      ?.streams?.connect(to, (outcome) =>
        seen.push(`${name} to ${to}: ${outcome.ok ? "open" : outcome.reason} at ${simulation.now.toFixed(2)}`),
      );
  };
  listen("bob", "0.0.0.0:80");
  listen("gw", "0.0.0.0:80");
  listen("laptop", "0.0.0.0:80");
  simulation.at(0, () => connect("laptop", "10.1.0.2:80"));
  simulation.at(1, () => connect("laptop", "192.168.1.1:80"));
  simulation.at(2, () => connect("bob", "10.1.0.1:80"));
  simulation.at(3, () => connect("bob", "192.168.1.2:80"));
  simulation.runUntil(4);
  expect(seen).toEqual([
    "bob accepted 10.1.0.1 at 0.02",
    "laptop to 10.1.0.2:80: open at 0.04",
    "gw accepted 192.168.1.2 at 1.01",
    "laptop to 192.168.1.1:80: open at 1.02",
    "gw accepted 10.1.0.2 at 2.01",
    "bob to 10.1.0.1:80: open at 2.02",
    "bob to 192.168.1.2:80: unreachable at 3.00",
  ]);
});

test("sockets of rules at all addresses of a host receive at each of them", () => {
  const { simulation, worlds } = rig();
  const got: string[] = [];
  for (const address of ["0.0.0.0:53", "192.168.1.1:54"])
    worlds.get("gw")?.udp?.open(address, (outcome) => {
      if (outcome.ok) outcome.value.onDatagram(({ bytes, from }) => got.push(`${textOf(bytes)} from ${from}`));
    });
  const say = (name: Name, to: string): void => worlds.get(name)?.datagrams.send(to, Buffer.from(to));
  for (const to of ["10.1.0.1:53", "192.168.1.1:53", "192.168.1.1:54"]) say("laptop", to);
  simulation.runUntil(1);
  expect(got).toEqual([
    `10.1.0.1:53 from ${ADDRESSES.laptop}`,
    `192.168.1.1:53 from ${ADDRESSES.laptop}`,
    `192.168.1.1:54 from ${ADDRESSES.laptop}`,
  ]);
});
