import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";
import { transferBetween } from "./transfer-between.ts";

const ROUTES = fileURLToPath(new URL("./two-devices.mzl", import.meta.url));
const BRIDGE = fileURLToPath(new URL("./bridge.mzl", import.meta.url));
const BYTES = 4 << 20;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "curl");
  skip(reason !== undefined, reason);
});

test("rules route between two namespaces through two TUN devices of one node", async () => {
  await using middle = new Namespace();
  await using left = new Namespace();
  await using right = new Namespace();
  join(middle, left, "left", 1);
  join(middle, right, "right", 2);
  middle.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0");
  const devices = ["--tun=devl", "--tun-addr", "10.91.1.1/24", "--tun=devr", "--tun-addr", "10.91.2.1/24"];
  const args = ["run", ROUTES, "--no-control", "--listen", "127.0.0.1:10000", ...devices, ...METRICS];
  const node = new MosaicProcess(args, ["ip", "netns", "exec", middle.name]);
  onTestFinished(() => node.kill("SIGKILL"));
  await node.printed(/running .*, devl with 10\.91\.1\.1\/24, devr with 10\.91\.2\.1\/24$/m);
  detour(middle, "left", "devl", 101);
  detour(middle, "right", "devr", 102);
  expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.81.2.2")).toMatch(/ttl=61 .*\n.*ttl=61 /);
  expect(await transferBetween(right, left, BYTES, "10.81.2.2")).toBe(digestOf(BYTES));
  const metrics = readMetrics((...of) => middle.run(...of));
  for (const device of ["devl", "devr"])
    for (const way of ["read", "written"])
      expect(metrics.get(`mosaic_tun_${way}_packets_total{device="${device}"}`)).toBeGreaterThan(10);
  middle.run("ip", "link", "set", "devr", "down");
  const ready = (): string => middle.run("curl", "-s", "-m", "10", "http://127.0.0.1:9100/readyz");
  await vi.waitFor(() => expect(ready()).toMatch(/^the device devr is down/), 5_000);
  middle.run("ip", "link", "del", "devr");
  const { code, stderr } = await node.ended;
  expect(stderr).toContain("the TUN device devr is gone");
  expect(code).toBe(1);
});

test("a TAP device joins two namespaces to one Ethernet", async () => {
  await using left = new Namespace();
  await using right = new Namespace();
  left.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "out", "netns", right.name);
  const nodes = [left, right].map((host, at) => {
    host.run("ip", "addr", "add", `10.82.0.${at + 1}/24`, "dev", "out");
    host.run("ip", "link", "set", "out", "up");
    const [here, there] = [at + 1, 2 - at].map((number) => `10.82.0.${number}:10000`) as [string, string];
    const peer = ["--fact", `peer("${there}")`];
    const args = [
      "run",
      BRIDGE,
      "--no-control",
      "--insecure",
      "--listen",
      here,
      "--tap=eth9",
      "--tun-addr",
      `10.92.0.${at + 1}/24`,
    ];
    const node = new MosaicProcess([...args, ...peer, ...METRICS], ["ip", "netns", "exec", host.name]);
    onTestFinished(() => node.kill("SIGKILL"));
    return node;
  });
  await Promise.all(nodes.map((node) => node.printed(/running .*, eth9 with 10\.92\.0\.[12]\/24$/m)));
  expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.92.0.2")).toMatch(/ 0% packet loss/);
  const mac = right.run("cat", "/sys/class/net/eth9/address").trim();
  expect(left.run("ip", "neigh", "show", "dev", "eth9")).toContain(`10.92.0.2 lladdr ${mac}`);
  expect(await transferBetween(right, left, BYTES, "10.92.0.2")).toBe(digestOf(BYTES));
  // A whole Ethernet packet does not fit a datagram, so the node sends it in fragments.
  for (const host of [left, right]) host.run("ip", "link", "set", "eth9", "mtu", "1500");
  const ping = left.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "-M", "do", "-s", "1472", "10.92.0.2");
  expect(ping).toMatch(/1480 bytes from .*\n1480 bytes from /);
  const metrics = readMetrics((...of) => left.run(...of));
  expect(metrics.get('mosaic_tap_read_packets_total{device="eth9"}')).toBeGreaterThan(10);
  expect(metrics.get('mosaic_tap_up{device="eth9"}')).toBe(1);
  left.run("ip", "link", "del", "eth9");
  expect((await (nodes[0] as MosaicProcess).ended).stderr).toContain("the TAP device eth9 is gone");
});

test("a TAP device without an address may be a port of a bridge, and is reported while it is down", async () => {
  await using host = new Namespace();
  const args = [
    "run",
    BRIDGE,
    "--no-control",
    "--listen",
    "127.0.0.1:10000",
    "--tap=eth9",
    "--mtu",
    "1500",
    ...METRICS,
  ];
  const node = new MosaicProcess([...args, "--fact", 'peer("127.0.0.1:10001")'], ["ip", "netns", "exec", host.name]);
  onTestFinished(() => node.kill("SIGKILL"));
  await node.printed(/running .*, eth9$/m);
  const ready = (): string => host.run("curl", "-s", "-m", "10", "http://127.0.0.1:9100/readyz");
  expect(ready()).toBe("ready\n");
  host.run("ip", "link", "set", "eth9", "down");
  await vi.waitFor(() => expect(ready()).toMatch(/^the device eth9 is down/), 5_000);
});

/** Links the namespace in the middle to a host, whose default route it becomes. The link in the middle has the name `link`. */
function join(middle: Namespace, host: Namespace, link: string, number: number): void {
  middle.run("ip", "link", "add", link, "type", "veth", "peer", "name", "out", "netns", host.name);
  for (const [side, device, last] of [
    [middle, link, 1],
    [host, "out", 2],
  ] as const) {
    side.run("ip", "addr", "add", `10.81.${number}.${last}/24`, "dev", device);
    side.run("ip", "link", "set", device, "up");
  }
  host.run("ip", "route", "add", "default", "via", `10.81.${number}.1`);
}

/** Lets the kernel send packets that enter by a link into a device. */
function detour(middle: Namespace, link: string, device: string, table: number): void {
  middle.run("ip", "route", "add", "default", "dev", device, "table", `${table}`);
  middle.run("ip", "rule", "add", "iif", link, "lookup", `${table}`);
}
