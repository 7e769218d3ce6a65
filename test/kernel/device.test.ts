import { beforeEach, expect, test, vi } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";
import { TunnelPair } from "./tunnel-pair.ts";

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "curl");
  skip(reason !== undefined, reason);
});

/** Command that breaks the device, the reason that /readyz gives, and the commands that repair the device. */
const BROKEN = [
  ["link set moz down", "the device moz is down or has lost its address 100.64.7.1/24", ["link set moz up"]],
  ["addr flush dev moz", "has lost its address 100.64.7.1/24", ["addr add 100.64.7.1/24 dev moz"]],
] as const;

test.each(BROKEN)(
  "after `ip %s` a node is not ready until the device is repaired, and logs both",
  async (command, reason, repair) => {
    await using host = new Namespace();
    const node = start(host);
    await node.printed(/running/);
    const isUp = (): number | undefined => readMetrics((...of) => host.run(...of)).get('mosaic_tun_up{device="moz"}');
    expect(readiness(host)).toBe("ready\n");
    expect(isUp()).toBe(1);
    host.run("ip", ...command.split(" "));
    await vi.waitFor(() => expect(readiness(host)).toContain(reason), 5_000);
    expect(isUp()).toBeUndefined();
    await vi.waitFor(() => expect(node.stderr).toContain("mosaic: warning: no packets: the device moz"), 5_000);
    for (const step of repair) host.run("ip", ...step.split(" "));
    await vi.waitFor(() => expect(readiness(host)).toBe("ready\n"), 5_000);
    await vi.waitFor(() => expect(node.stderr).toContain("mosaic: the device moz carries packets again"), 5_000);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  },
);

/** Virtual address of the node, and commands that break its device for good. */
const UNREPAIRED = [
  ["100.64.7.1/24", "ip link set moz down"],
  ["100.64.7.1/24", "ip addr flush dev moz"],
  ["fd64:7::1/64", "ip addr flush dev moz"],
  ["fd64:7::1/64", "sysctl -qw net.ipv6.conf.moz.keep_addr_on_down=1; ip link set moz down"],
  ["100.64.7.1/24", "ip link set moz down; ip link set moz name other"],
  ["100.64.7.1/24", "ip link del moz"],
] as const;

test.concurrent.each(UNREPAIRED)(
  "with --tun-restore, the device with %s carries packets again after `%s`",
  async (address, command) => {
    await using host = new Namespace();
    const node = start(host, address, "--tun-restore", "--mtu", "1333");
    await node.printed(/running/);
    const settings = (): string =>
      host.run("sh", "-c", "ip -o addr show dev moz scope global | grep -o 'inet6* [^ ]*'; cat /sys/class/net/moz/mtu");
    const before = settings();
    host.run("sh", "-c", command);
    await vi.waitFor(() => expect(node.stderr).toContain("restored the device moz: it carries packets again"), 5_000);
    expect(node.stderr).toMatch(/warning: no packets: the device moz (is down|has lost|is gone)/);
    expect(settings()).toBe(before);
    expect(readiness(host)).toBe("ready\n");
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  },
);

test("with --tun-restore, a node is not ready while its device cannot be made again, and says why", async () => {
  await using host = new Namespace();
  const node = start(host, "100.64.7.1/24", "--tun-restore");
  await node.printed(/running/);
  host.run("sh", "-c", "ip link del moz; until ip link add moz type veth peer name other; do ip link del moz; done");
  const reason =
    /the device moz is gone \(EBADFD?\); it cannot be restored: .* exists already, and it is not a TUN interface/;
  await vi.waitFor(() => expect(readiness(host)).toMatch(reason), 5_000);
  await vi.waitFor(() => expect(node.stderr).toMatch(reason), 5_000);
  host.run("ip", "link", "del", "moz");
  await vi.waitFor(() => expect(readiness(host)).toBe("ready\n"), 10_000);
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
});

test("with --tun-restore, packets cross a tunnel again after its device was removed", async () => {
  await using pair = new TunnelPair(["--tun-restore"]);
  await pair.ready();
  pair.a.run("ip", "link", "del", "moz");
  await pair.ready();
  await pair.serve("serve", 1 << 20);
  expect(await pair.ask("fetch")).toBe(digestOf(1 << 20));
});

test("a node whose device is removed ends with exit code 1", async () => {
  await using host = new Namespace();
  const node = start(host);
  await node.printed(/running/);
  host.run("ip", "link", "del", "moz");
  const { code, stderr } = await node.ended;
  expect(stderr).toContain("the TUN device moz is gone");
  expect(code).toBe(1);
});

function readiness(host: Namespace): string {
  return host.run("curl", "-s", "-m", "10", "http://127.0.0.1:9100/readyz");
}

function start(host: Namespace, address: string = "100.64.7.1/24", ...options: readonly string[]): MosaicProcess {
  const device = ["--tun=moz", "--tun-addr", address, ...options];
  const args = ["run", "tunnel.mzl", "--no-control", "--listen", "127.0.0.1:10000", ...device, ...METRICS];
  return new MosaicProcess(args, ["ip", "netns", "exec", host.name]);
}
