import { beforeEach, expect, test, vi } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";

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
    const readiness = (): string => host.run("curl", "-s", "-m", "10", "http://127.0.0.1:9100/readyz");
    const isUp = (): number | undefined => readMetrics((...of) => host.run(...of)).get("mosaic_tun_up");
    expect(readiness()).toBe("ready\n");
    expect(isUp()).toBe(1);
    host.run("ip", ...command.split(" "));
    await vi.waitFor(() => expect(readiness()).toContain(reason), 5_000);
    expect(isUp()).toBeUndefined();
    await vi.waitFor(() => expect(node.stderr).toContain("mosaic: warning: no packets: the device moz"), 5_000);
    for (const step of repair) host.run("ip", ...step.split(" "));
    await vi.waitFor(() => expect(readiness()).toBe("ready\n"), 5_000);
    await vi.waitFor(() => expect(node.stderr).toContain("mosaic: the device moz carries packets again"), 5_000);
    node.kill("SIGTERM");
    expect((await node.ended).code).toBe(0);
  },
);

test("a node whose device is removed ends with exit code 1", async () => {
  await using host = new Namespace();
  const node = start(host);
  await node.printed(/running/);
  host.run("ip", "link", "del", "moz");
  const { code, stderr } = await node.ended;
  expect(stderr).toContain("the TUN device moz is gone");
  expect(code).toBe(1);
});

function start(host: Namespace): MosaicProcess {
  const device = ["--tun=moz", "--tun-addr", "100.64.7.1/24"];
  const args = ["run", "tunnel.mzl", "--no-control", "--listen", "127.0.0.1:10000", ...device, ...METRICS];
  return new MosaicProcess(args, ["ip", "netns", "exec", host.name]);
}
