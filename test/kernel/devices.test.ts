import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";

const TRANSFER = fileURLToPath(new URL("./transfer.ts", import.meta.url));
const ROUTES = fileURLToPath(new URL("./two-devices.mzl", import.meta.url));
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
  onTestFinished(() => void node.kill("SIGKILL"));
  await node.printed(/running .*, devl with 10\.91\.1\.1\/24, devr with 10\.91\.2\.1\/24$/m);
  detour(middle, "left", "devl", 101);
  detour(middle, "right", "devr", 102);
  expect(left.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "10.81.2.2")).toMatch(/ttl=61 .*\n.*ttl=61 /);
  expect(await transfer(right, left, "10.81.2.2")).toBe(digestOf(BYTES));
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

/** Sends bytes from a server by TCP, and returns the digest of the bytes that the client gets. */
async function transfer(server: Namespace, client: Namespace, address: string): Promise<string> {
  const run = (host: Namespace, ...args: readonly string[]) =>
    spawn("ip", ["netns", "exec", host.name, process.execPath, TRANSFER, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  const serving = run(server, "serve", address, `${BYTES}`);
  try {
    await once(createInterface(serving.stdout), "line");
    const [digest] = (await once(createInterface(run(client, "fetch", address).stdout), "line")) as [string];
    return digest;
  } finally {
    serving.kill("SIGKILL");
  }
}
