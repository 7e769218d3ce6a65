/** Commands that build and change the namespaces of a lab, compared as text. Runs without privileges. */
import { describe, expect, test } from "vitest";
import { lossRules } from "../../lab/kernel/hub-losses.ts";
import { HubRates, readQueueDrops } from "../../lab/kernel/hub-rates.ts";
import { hubRules } from "../../lab/kernel/hub-rules.ts";
import {
  creationBatch,
  faultsBatch,
  hostBatch,
  hostNatRules,
  hubBatch,
  interfacesBatch,
  natRules,
  planNamespaces,
} from "../../lab/kernel/namespace-plan.ts";
import { packetDirections } from "../../lab/kernel/packet-directions.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import type { Topology } from "../../lab/topology/topology.ts";
import { Wiring } from "../../lab/topology/wiring.ts";

function topologyOf(text: string): Topology {
  const read = readTopology(`duration = "1s"\nprograms = ["x.mzl"]\n${text}`, "lab.toml");
  if (!read.ok) throw new Error(read.errors[0]?.message);
  return read.topology;
}

const topology = topologyOf('hosts = { a = {}, b = { address = "192.0.2.9:7" } }');
const plan = planNamespaces(topology.hosts, [], 77);
const wiring = new Wiring(topology);

describe("the input of `ip`", () => {
  test("names namespaces after the pid", () => {
    expect(creationBatch(plan)).toBe("netns add mz77-HUB\nnetns add mz77-a\nnetns add mz77-b\n");
  });

  test("gives the hub a port to each host, and each host a default route to the hub", () => {
    expect(hubBatch(plan)).toBe(`link add h1 type veth peer name eth0 netns mz77-a
addr add 169.254.77.1/32 dev h1
link set h1 up
route add 10.77.0.1/32 dev h1
link add h2 type veth peer name eth0 netns mz77-b
addr add 169.254.77.1/32 dev h2
link set h2 up
route add 192.0.2.9/32 dev h2
`);
    expect(plan.hosts.slice(1).map((host) => hostBatch(host, true))).toEqual([
      `link set lo up
link set eth0 gso_max_segs 1
addr add 192.0.2.9/32 dev eth0
link set eth0 up
route add 169.254.77.1/32 dev eth0
route add default via 169.254.77.1 dev eth0 src 192.0.2.9
`,
    ]);
  });

  test("has a rule of the hub for each cut direction", () => {
    expect(hubRules(plan, { wiring, cut: [{ from: "a", to: "b" }], hasFaults: false })).toEqual([
      "priority 30 from 10.77.0.1 to 192.0.2.9 blackhole",
    ]);
  });

  test("has rules for faults with lower priority than cuts", () => {
    expect(faultsBatch(plan)).toBe("route add default dev links table 77\n");
    expect(hubRules(plan, { wiring, cut: [], hasFaults: true })).toEqual([
      "priority 100 iif h1 table 77",
      "priority 100 iif h2 table 77",
    ]);
  });
});

describe("a NAT gateway", () => {
  const home = topologyOf(`networks.home = { range = "192.168.1.0/24", nat = "10.77.255.1", forward = ["a"] }
hosts = { a = { network = "home" }, b = {} }`);
  const homePlan = planNamespaces(home.hosts, home.networks, 77);

  test("is a namespace that outbound packets pass; faults apply to the inner address", () => {
    expect(homePlan.gateways.map(({ namespace, port }) => `${namespace} ${port}`)).toEqual(["mz77-NAT-home g1"]);
    expect(hubRules(homePlan, { wiring: new Wiring(home), cut: [{ from: "b", to: "a" }], hasFaults: true })).toEqual([
      "priority 40 to 10.77.255.1 table main",
      "priority 45 iif h2 to 192.168.1.0/24 blackhole",
      "priority 100 iif g1 to 192.168.1.0/24 table 77",
      "priority 150 from 192.168.1.0/24 to 192.168.1.0/24 table main",
      "priority 160 from 192.168.1.0/24 table 100",
      "priority 30 from 10.77.0.2 to 192.168.1.1 blackhole",
      "priority 100 iif h1 table 77",
      "priority 100 iif h2 table 77",
    ]);
  });

  test("translates addresses, forwards ports, and drops all other inbound packets", () => {
    const [gateway] = homePlan.gateways;
    expect(gateway && natRules(gateway, ["192.168.1.1:10000"])).toBe(`table ip mosaic {
  chain arrive { type nat hook prerouting priority -100; ip daddr 10.77.255.1 udp dport 10000 dnat to 192.168.1.1:10000
  }
  chain leave { type nat hook postrouting priority 100; ip saddr 192.168.1.0/24 masquerade
  }
  chain own { type filter hook input priority 0; policy drop;
  }
}
`);
  });
});

describe("a host that is the gateway of a network", () => {
  const home = topologyOf(`networks.home = { range = "192.168.1.0/24", gateway = "gw", nat = true, forward = ["a"] }
networks.office = { range = "10.1.0.0/24" }
hosts = { gw = { networks = ["office", "home"] }, a = { network = "home" }, b = { network = "office" } }
links = [{ from = "gw", to = "a", rate = "1Mbit" }]`);
  const homePlan = planNamespaces(home.hosts, home.networks, 77);
  const homeWiring = new Wiring(home);
  const networks = new Map(home.networks.map((network) => [network.name, network]));
  const [gw] = homePlan.hosts;

  test("has a port and an address in each of its networks, and the hub a table of routes to it", () => {
    expect(hubBatch(homePlan).split("\n").slice(0, 8)).toEqual([
      "link add h1 type veth peer name eth0 netns mz77-gw",
      "addr add 169.254.77.1/32 dev h1",
      "link set h1 up",
      "route add 10.1.0.1/32 dev h1",
      "link add h1-1 type veth peer name eth1 netns mz77-gw",
      "addr add 169.254.77.1/32 dev h1-1",
      "link set h1-1 up",
      "route add 192.168.1.1/32 dev h1-1",
    ]);
    expect(hubBatch(homePlan)).toMatch(/route add default via 192\.168\.1\.1 dev h1-1 onlink table 10000\n$/);
    expect(gw && interfacesBatch(gw, networks, homePlan.hostGateways, false)).toBe(`link set lo up
addr add 10.1.0.1/32 dev eth0
link set eth0 up
route add 10.1.0.0/24 via 169.254.77.1 dev eth0 onlink src 10.1.0.1
addr add 192.168.1.1/32 dev eth1
link set eth1 up
route add 192.168.1.0/24 via 169.254.77.1 dev eth1 onlink src 192.168.1.1
route add default via 169.254.77.1 dev eth0 onlink src 10.1.0.1
`);
  });

  test("carries all packets between the network and others on its link to each host there", () => {
    const cut = [{ from: "a", to: "gw" }];
    expect(hubRules(homePlan, { wiring: homeWiring, cut, hasFaults: true })).toEqual([
      "priority 45 iif h1 to 192.168.1.0/24 blackhole",
      "priority 45 iif h3 to 192.168.1.0/24 blackhole",
      "priority 150 from 192.168.1.0/24 to 192.168.1.0/24 table main",
      "priority 90 iif h1-1 to 192.168.1.0/24 table 78",
      "priority 160 from 192.168.1.0/24 table 10000",
      "priority 140 iif inward table main",
      "priority 30 from 192.168.1.2 to 192.168.1.1 blackhole",
      "priority 30 from 192.168.1.2 to 10.1.0.1 blackhole",
      "priority 30 from 192.168.1.2 to 10.1.0.2 blackhole",
      "priority 100 iif h1 table 77",
      "priority 100 iif h1-1 table 77",
      "priority 100 iif h2 table 77",
      "priority 100 iif h3 table 77",
    ]);
    expect(faultsBatch(homePlan)).toBe("route add default dev links table 77\nroute add default dev inward table 78\n");
    expect(packetDirections(homeWiring, { from: "gw", to: "b" })).toEqual([{ from: "10.1.0.1", to: "10.1.0.2" }]);
    expect(packetDirections(homeWiring, { from: "a", to: "b" })).toEqual([]);
  });

  test("limits packets of others at its rate too", () => {
    expect(new HubRates().update(homePlan, homeWiring).split("\n").slice(-3, -1)).toEqual([
      "filter add dev h2 parent 1: protocol ip u32 match ip src 192.168.1.1/32 flowid 1:1",
      "filter add dev h2 parent 1: protocol ip prio 60000 u32 match u32 0 0 flowid 1:1",
    ]);
  });

  test("translates addresses, forwards ports, and drops all other packets into the network", () => {
    const inner = homePlan.hostGateways.map((one) => ({ ...one, forwarded: ["192.168.1.2:10002"], routed: [] }));
    expect(gw && hostNatRules(gw, inner)).toBe(`table ip mosaic {
  chain arrive {
    type nat hook prerouting priority -100
    ip daddr { 10.1.0.1 } udp dport 10002 dnat to 192.168.1.2:10002
  }
  chain leave {
    type nat hook postrouting priority 100
    ip saddr 192.168.1.0/24 oifname != "eth1" masquerade
  }
  chain pass {
    type filter hook forward priority 0
    ct state established,related accept
    ct status dnat accept
    iifname != { "eth1" } oifname { "eth1" } drop
  }
}
`);
  });
});

describe("a host that only routes for a network", () => {
  const home = topologyOf(`networks.home = { range = "192.168.1.0/24", gateway = "gw" }
networks.office = { range = "10.1.0.0/24", gateway = "edge", nat = true }
networks.net = { range = "10.2.0.0/24" }
hosts.gw.networks = ["office", "home"]
hosts.a.network = "home"
hosts.edge.networks = ["net", "office"]
hosts.b.network = "net"
links = [{ from = "gw", to = "edge", rate = "1Mbit" }]`);
  const homePlan = planNamespaces(home.hosts, home.networks, 77);
  const homeWiring = new Wiring(home);
  const networks = new Map(home.networks.map((network) => [network.name, network]));
  const [, , edge] = homePlan.hosts;

  test("gets the packets for the network by a table of routes, and the gateway before it knows the way back", () => {
    expect(hubBatch(homePlan).split("\n").slice(-4, -1)).toEqual([
      "route add default via 192.168.1.1 dev h1-1 onlink table 10000",
      "route add default via 10.1.0.2 dev h3-1 onlink table 10001",
      "route add default via 10.1.0.1 dev h1 onlink table 20000",
    ]);
    expect(edge && interfacesBatch(edge, networks, homePlan.hostGateways, false)).toContain(
      "route add 192.168.1.0/24 via 169.254.77.1 dev eth1 onlink src 10.1.0.2\n",
    );
    const inner = homePlan.hostGateways
      .filter(({ host }) => host === "edge")
      .map((one) => ({ ...one, forwarded: [], routed: ["192.168.1.0/24"] }));
    expect(edge && hostNatRules(edge, inner)).toContain(
      'ip saddr { 10.1.0.0/24, 192.168.1.0/24 } oifname != "eth1" masquerade',
    );
  });

  test("sends and gets packets with the addresses of hosts behind it, by other devices of the link process", () => {
    const rules = hubRules(homePlan, { wiring: homeWiring, cut: [], hasFaults: true });
    expect(rules.filter((rule) => /192\.168|20000|table 79/.test(rule))).toEqual([
      "priority 45 iif h3 to 192.168.1.0/24 blackhole",
      "priority 45 iif h4 to 192.168.1.0/24 blackhole",
      "priority 150 from 192.168.1.0/24 to 192.168.1.0/24 table main",
      "priority 90 iif h1-1 to 192.168.1.0/24 table 78",
      "priority 95 iif h1 from 192.168.1.0/24 table 79",
      "priority 155 from 10.1.0.0/24 to 192.168.1.0/24 table 20000",
      "priority 160 iif links from 192.168.1.0/24 table 10000",
      "priority 155 iif outward from 192.168.1.0/24 to 10.1.0.0/24 table main",
      "priority 160 iif outward from 192.168.1.0/24 table 10001",
      "priority 170 to 192.168.1.0/24 table 20000",
    ]);
    expect(packetDirections(homeWiring, { from: "gw", to: "edge" })).toContainEqual({
      from: "192.168.1.2",
      to: "10.2.0.2",
    });
    expect(packetDirections(homeWiring, { from: "edge", to: "gw" })).toContainEqual({
      from: "10.2.0.2",
      to: "192.168.1.2",
    });
  });

  test("limits packets of hosts behind it at the rate of its link", () => {
    expect(new HubRates().update(homePlan, homeWiring)).toContain(
      "dev h3-1 parent 1: protocol ip u32 match ip src 192.168.1.2/32",
    );
  });
});

describe("the input of `tc`", () => {
  const rated = topologyOf('hosts = 2\nlinks = [{ from = "a", to = "b", rate = "1Mbit", queue = "50ms" }]');
  const ratedPlan = planNamespaces(rated.hosts, [], 77);
  const rates = new HubRates();
  const ratedWiring = new Wiring(rated);

  test("has a class with a byte queue at the receiver's port for a direction with a rate", () => {
    expect(rates.update(ratedPlan, ratedWiring)).toBe(`qdisc add dev h2 root handle 1: htb default 0
class replace dev h2 parent 1: classid 1:1 htb rate 1000000bit burst 3000 cburst 3000 quantum 3000
qdisc replace dev h2 parent 1:1 bfifo limit 6250
filter add dev h2 parent 1: protocol ip u32 match ip src 10.77.0.1/32 flowid 1:1
`);
    expect(rates.update(ratedPlan, ratedWiring)).toBe("");
  });

  test("changes only the class and queue when a rate changes", () => {
    const rules = [{ from: new Set(["a"]), to: new Set(["b"]), faults: { rate: 2e6 } }];
    ratedWiring.apply({ kind: "change", rules, text: "" });
    expect(rates.update(ratedPlan, ratedWiring)).toBe(
      `class replace dev h2 parent 1: classid 1:1 htb rate 2000000bit burst 3000 cburst 3000 quantum 3000
qdisc replace dev h2 parent 1:1 bfifo limit 12500
`,
    );
  });
});

test("losses are rules of nftables, one per loss rate", () => {
  const lossy = topologyOf(
    'hosts = 3\nlinks = [{ between = "all", loss = "5%" }, { from = "a", to = "b", loss = 0.5 }]',
  );
  const pairs =
    "10.77.0.1 . 10.77.0.3, 10.77.0.2 . 10.77.0.1, 10.77.0.2 . 10.77.0.3, 10.77.0.3 . 10.77.0.1, 10.77.0.3 . 10.77.0.2";
  expect(lossRules(new Wiring(lossy))).toBe(`table ip mosaic
flush table ip mosaic
table ip mosaic {
  chain lose {
    type filter hook forward priority 0
    ip saddr . ip daddr { 10.77.0.1 . 10.77.0.2 } numgen random mod 1000000 < 500000 drop
    ip saddr . ip daddr { ${pairs} } numgen random mod 1000000 < 50000 drop
  }
}
`);
});

test("drop counters of `tc` are reported by the names of hosts", () => {
  const output = JSON.stringify([
    { kind: "htb", dev: "h2", root: true, drops: 7 },
    { kind: "bfifo", dev: "h2", parent: "1:1", drops: 7 },
    { kind: "bfifo", dev: "h1", parent: "1:2", drops: 0 },
  ]);
  expect(readQueueDrops(output, plan)).toEqual([{ from: "a", to: "b", dropped: 7 }]);
  expect(readQueueDrops("Error: no such device", plan)).toEqual([]);
});
