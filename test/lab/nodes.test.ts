/** Hosts with several nodes: their names and addresses, runs in the simulator and in a lab, and errors. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CheckResult } from "../../lab/outcome/evaluate-check.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";
import { Wiring } from "../../lab/topology/wiring.ts";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-hosts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each node tells its peers its address, several times, because a peer may start later. */
writeFileSync(
  join(folder, "greet.mzl"),
  `materialize(friend, infinity, infinity, keys(1)).
materialize(known, infinity, infinity, keys(1)).
materialize(lucky, infinity, infinity, keys(1)).
greet: hello@To(Me) :- periodic(_, 200ms), friend(To), localAddr(Me).
heard: known(From) :- hello(From).
lucky@"10.77.0.1:10002"("third").
friend("10.77.0.1:10000"). friend("10.77.0.1:10001"). friend("10.77.0.1:10002"). friend("10.77.0.2:10000").
`,
);

const HOSTS = `duration = "4s"
programs = ["greet.mzl"]
tun = false
peers = []
watch = ["lucky"]
[hosts.server]
nodes = 3
[hosts.client]
`;

const EVENTS = `
[[events]]
at = "1s"
insert = "lucky(2)"
on = "server.2"
[[events]]
at = "1500ms"
kill = "server"
[[events]]
at = "2s"
start = "server"
[[checks]]
query = "lucky"
on = "server.2"
at = "1300ms"
rows = 1
[[checks]]
query = "lucky"
on = ["server.2", "client"]
rows = 0
[[checks]]
query = "lucky"
on = "server.3"
rows = 1
[[checks]]
query = "known(K)"
on = "server"
at = "1300ms"
rows = 4
same = true
[[checks]]
query = "known(K)"
on = "client"
rows = 4
`;

function resolved(text: string): ReturnType<typeof readTopology> {
  return readTopology(text, "lab.toml");
}

function errorsOf(text: string): readonly string[] {
  const read = resolved(text);
  return read.ok ? [] : read.errors.map(formatTopologyError);
}

test("the nodes of a host have its IP address, consecutive ports and no device", () => {
  const read = resolved(`duration = "5s"
programs = ["ron.mzl"]
[hosts.a]
[hosts.server]
nodes = 3
[hosts.pair]
count = 2
nodes = 2
`);
  const { hosts, links } = read.ok ? read.topology : { hosts: [], links: [] };
  expect(
    hosts.map(({ name, machine, address, devices }) =>
      [name, machine, address, devices[0]?.network?.address ?? "-"].join(" "),
    ),
  ).toEqual([
    "a a 10.77.0.1:10000 100.64.0.1",
    "server.1 server 10.77.0.2:10000 -",
    "server.2 server 10.77.0.2:10001 -",
    "server.3 server 10.77.0.2:10002 -",
    "pair1.1 pair1 10.77.0.3:10000 -",
    "pair1.2 pair1 10.77.0.3:10001 -",
    "pair2.1 pair2 10.77.0.4:10000 -",
    "pair2.2 pair2 10.77.0.4:10001 -",
  ]);
  expect(hosts[1]?.peers).toContain("server.2");
  expect(new Wiring({ hosts, links, networks: [] }).machines).toEqual(["a", "server.1", "pair1.1", "pair2.1"]);
});

test("the name of a host stands for its nodes, and links join hosts", () => {
  const read = resolved(`duration = "5s"
programs = ["ron.mzl"]
[hosts.a]
[hosts.server]
nodes = 2
[[links]]
between = "all"
delay = "10ms"
[[commands]]
on = "server"
run = "true"
[[commands]]
on = "server.2"
run = "true"
[[events]]
at = "1s"
kill = "server"
`);
  if (!read.ok) throw new Error(read.errors.map(formatTopologyError).join("\n"));
  const { topology } = read;
  expect(topology.events[0]?.action).toEqual({ kind: "kill", hosts: ["server.1", "server.2"] });
  expect(topology.commands.map(({ hosts }) => hosts)).toEqual([["server.1"], ["server.2"]]);
  const wiring = new Wiring(topology);
  expect(wiring.faults("a", "server.2")).toEqual({ delay: 0.01 });
  expect(wiring.faults("server.1", "server.2")).toEqual({});
});

describe("a run", () => {
  const file = join(folder, "lab.toml");
  writeFileSync(file, HOSTS + EVENTS);
  const EXPECTED = ["1 row", "0 rows", "1 row", "4 rows", "4 rows"].map((rows) => `true: ${rows} on each`);
  const checksOf = (stdout: string): readonly string[] => {
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly CheckResult[] };
    return checks.map(({ holds, observed }) => `${holds}: ${observed}`);
  };

  test("in the simulator has requests and checks of single nodes", async () => {
    const { stdout, stderr } = await mosaic("sim", file, "--json");
    expect(checksOf(stdout)).toEqual(EXPECTED);
    expect(stderr).toMatch(/^server\.3: 0\.000 \+ +lucky\("third"\)$/m);
  });

  test("in a lab has one process for the nodes of a host", async ({ skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
    if (reason !== undefined) skip(reason);
    const { stdout, stderr } = await mosaic("lab", file, "--json");
    expect(checksOf(stdout)).toEqual(EXPECTED);
    expect(stderr).toMatch(/server\.3: \d+\.\d+ \+ +lucky\("third"\)/);
    expect(stderr).toMatch(/server killed/);
  });
});

test("errors of hosts with nodes have file and line", () => {
  const errors = errorsOf(`duration = "5s"
programs = ["ron.mzl"]
[networks.home]
range = "192.168.1.0/24"
nat = "10.77.255.1"
[hosts.a]
[hosts.server]
nodes = 3
tun = true
virtual = "100.64.3.1"
[hosts.inner]
nodes = 2
network = "home"
[hosts.last]
nodes = 3
address = "10.77.3.1:65534"
[hosts.moving]
nodes = 2
[[events]]
at = "1s"
kill = "server.2"
[[events]]
at = "2s"
cut = ["a", "server.1"]
[[events]]
at = "3s"
move = "moving"
to = "home"
[[events]]
at = "4s"
reload = true
on = "server.4"
[[traffic]]
from = "server.1"
to = "a"
[[links]]
from = "server.3"
to = "a"
loss = 0.1
`);
  expect(errors.map((line) => line.replace(/; the known hosts.*/, ""))).toEqual([
    'lab.toml:32:1: events[4].on: there is no host "server.4"',
    "lab.toml:9:1: hosts.server.tun: a device belongs to one node, and the host has `nodes`",
    "lab.toml:10:1: hosts.server.virtual: a device belongs to one node, and the host has `nodes`",
    "lab.toml:12:1: hosts.inner.nodes: is in home, behind a gateway, where each node would need `--addr`",
    "lab.toml:15:1: hosts.last.nodes: needs ports up to 65536; the last port is 65535",
    "lab.toml:18:1: hosts.moving.nodes: an event moves the host, and each node would need `--addr`",
    "lab.toml:37:1: links[1].from: server.3 is one of the nodes of server: name the host",
    "lab.toml:21:1: events[1].kill: server.2 is one of the nodes of server: name the host",
    "lab.toml:24:1: events[2].cut: server.1 is one of the nodes of server: name the host",
    "lab.toml:34:1: traffic[1].from: server.1 has no device with an address",
  ]);
});
