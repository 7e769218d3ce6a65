import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";

/** Listening address, peer, address of the device, its MTU, and the route that leads to the peer. */
const CASES = [
  ["0.0.0.0", "10.9.0.2:10000", "100.64.9.1/24", "1400", ["route", "add", "default", "dev", "moz"]],
  ["10.8.0.1", "10.9.0.2:10000", "100.64.9.1/24", "1400", ["route", "add", "10.9.0.2", "dev", "moz"]],
  ["0.0.0.0", "10.9.0.2:10000", "100.64.9.1/24", "576", ["route", "add", "10.9.0.2", "dev", "moz"]],
  ["[::]", "[fd09::2]:10000", "fd64:9::1/64", "1400", ["-6", "route", "add", "fd09::/64", "dev", "moz"]],
] as const;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "IPv6");
  skip(reason !== undefined, reason);
});

describe("a node whose route to its peer leads into its device", () => {
  test.each(CASES)(
    "on %s to %s drops its own datagrams, device %s, MTU %s",
    { timeout: 30_000 },
    async (listen, peer, cidr, mtu, route) => {
      await using host = new Namespace();
      host.run("ip", "addr", "add", "10.8.0.1/32", "dev", "lo");
      const virtual = cidr.replace(/1\/.*/, "2");
      const node = start(host, listen, peer, `${virtual}=${peer}`, cidr, mtu);
      await node.printed(/running/);
      host.run("ip", ...route);
      ping(host, virtual, mtu === "576" ? "1500" : "500");
      await node.printed(/TunRx dropped, own datagram: \d/);
      await sleep(500);
      expect(Number(/\d+$/.exec(host.run("cat", "/sys/class/net/moz/statistics/tx_packets").trim())?.[0])).toBeLessThan(
        100,
      );
      node.kill("SIGTERM");
      await node.ended;
    },
  );

  test("warns of a peer in the network of the device", async () => {
    await using host = new Namespace();
    const peer = "100.64.9.7:10000";
    const node = start(host, "0.0.0.0", peer, `100.64.9.2=${peer}`, "100.64.9.1/24", "1400");
    const warning = /peer 100\.64\.9\.7:10000 is in 100\.64\.9\.1\/24, the network of moz/;
    await node.printed(warning);
    expect(node.stdout + node.stderr).toMatch(warning);
    node.kill("SIGTERM");
    await node.ended;
  });
});

function start(host: Namespace, listen: string, peer: string, way: string, cidr: string, mtu: string): MosaicProcess {
  const here = peer.startsWith("[") ? "[fd09::1]:10000" : "10.8.0.1:10000";
  const device = ["--tun=moz", "--tun-addr", cidr, "--mtu", mtu, "--peer", way];
  const options = [
    "run",
    "tunnel.mzl",
    "--no-control",
    "--insecure",
    "--listen",
    `${listen}:10000`,
    "--addr",
    here,
    ...device,
  ];
  return new MosaicProcess(options, ["ip", "netns", "exec", host.name]);
}

/** Sends one ping, which nobody answers. */
function ping(host: Namespace, to: string, size: string): void {
  try {
    host.run("ping", "-c", "1", "-W", "1", "-M", "dont", "-s", size, to);
  } catch {
    return;
  }
  throw new Error(`${to} answered`);
}
