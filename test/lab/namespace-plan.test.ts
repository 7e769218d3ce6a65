import { describe, expect, test } from "vitest";
import {
  creationBatch,
  faultsBatch,
  hostBatch,
  hubBatch,
  planNamespaces,
  waysBatch,
} from "../../lab/namespace-plan.ts";
import { readTopology } from "../../lab/topology.ts";

const read = readTopology(
  'duration = "1s"\nprograms = ["x.mzl"]\nhosts = { a = {}, b = { address = "192.0.2.9:7" } }',
  "lab.toml",
);
const plan = planNamespaces(read.ok ? read.topology.hosts : [], 77);

describe("what `ip` is told", () => {
  test("namespaces carry the number of the process", () => {
    expect(creationBatch(plan)).toBe("netns add mz77-HUB\nnetns add mz77-a\nnetns add mz77-b\n");
  });

  test("the hub has a port to each host, and a host sends everything there", () => {
    expect(hubBatch(plan)).toBe(`link add h1 type veth peer name eth0 netns mz77-a
addr add 169.254.77.1/32 dev h1
link set h1 up
route add 10.77.0.1/32 dev h1
link add h2 type veth peer name eth0 netns mz77-b
addr add 169.254.77.1/32 dev h2
link set h2 up
route add 192.0.2.9/32 dev h2
`);
    expect(plan.hosts.slice(1).map(hostBatch)).toEqual([
      `link set lo up
addr add 192.0.2.9/32 dev eth0
link set eth0 up
route add 169.254.77.1/32 dev eth0
route add default via 169.254.77.1 dev eth0 src 192.0.2.9
`,
    ]);
  });

  test("a cut is a rule of the hub for one direction, and a heal takes it away", () => {
    const ways = [{ from: "a", to: "b" }];
    expect(waysBatch(plan, "cut", ways)).toBe("rule add priority 50 iif h1 to 192.0.2.9/32 blackhole\n");
    expect(waysBatch(plan, "heal", ways)).toBe("rule del priority 50 iif h1 to 192.0.2.9/32 blackhole\n");
  });

  test("faults come after cuts", () => {
    expect(faultsBatch(plan)).toBe(`route add default dev links table 77
rule add priority 100 iif h1 table 77
rule add priority 100 iif h2 table 77
`);
  });
});
