import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../../needs.ts";
import { mosaic, MosaicProcess } from "../mosaic.ts";

/** A user ID of this run only, even if the test runs twice on a machine. */
const UID = 60_000 + (process.pid % 5_000);

const SOCKETS = join(tmpdir(), `mosaic-${UID}`);
afterAll(() => rmSync(SOCKETS, { recursive: true, force: true }));

/** Status fields of the only process of a user, from /proc. */
function identityOf(uid: number): ReadonlyMap<string, string> {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const text = readStatus(pid);
    if (!text.includes(`\nUid:\t${uid}\t`)) continue;
    return new Map(text.split("\n").map((line) => line.split(/:\t(.*)/, 2) as [string, string]));
  }
  throw new Error(`user ${uid} has no process`);
}

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}

describe("--user", () => {
  test("an unknown user and an invalid name are usage errors", async () => {
    expect(await mosaic("run", "ping.mzl", "--user", "nobody-of-that-name")).toMatchObject({
      code: 2,
      stderr: "mosaic: --user: there is no user nobody-of-that-name\n",
    });
    expect(await mosaic("run", "ping.mzl", "--user", "1:2:3")).toMatchObject({ code: 2 });
    expect(await mosaic("run", "ping.mzl", "--user", "1:staff")).toMatchObject({ code: 2 });
  });

  test("--tun-restore needs a capability that --user gives up: the node ends at its start, and says so", async ({
    skip,
  }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
    skip(reason !== undefined, reason);
    const args = ["run", "tunnel.mzl", "--listen", "127.0.0.1:0", "--no-control", "--user", String(UID)];
    const device = ["--tun", "--tun-addr", "100.64.0.1/24", "--tun-restore"];
    const namespace = ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"];
    const { code, stderr } = await new MosaicProcess([...args, ...device], namespace).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("mosaic: --tun-restore: the process has no CAP_NET_ADMIN") as string,
    });
  });

  test("a node with a device gives up root: the device works, and socket and device are removed at its end", async ({
    skip,
  }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping");
    skip(reason !== undefined, reason);
    const script = [
      "ip link set lo up",
      'env -u XDG_RUNTIME_DIR "$@" & node=$!',
      "trap 'kill -TERM $node' TERM",
      "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.3; ip -br address show dev mosaic0 2>/dev/null | grep -q 100.64.0.1 && break; done",
      "ping -c 2 -i 0.2 -W 2 100.64.0.2",
      'echo "sent: $(cat /sys/class/net/mosaic0/statistics/tx_packets)"',
      'wait $node; wait $node; echo "ended: $?"',
      "ip link show dev mosaic0 2>&1",
    ].join("\n");
    const args = ["run", "tunnel.mzl", "--listen", "127.0.0.1:0", "--user", String(UID)];
    const tun = ["--tun", "mosaic0", "--tun-addr", "100.64.0.1/24", "--watch", "tun", "--json"];
    const node = new MosaicProcess([...args, ...tun], ["unshare", "-n", "sh", "-c", script, "sh"]);
    await node.printed(/"op":"event","tuple":\["tun"/);
    await node.printed(/sent: /);
    expect(readdirSync(SOCKETS)).toHaveLength(1);
    const process = identityOf(UID);
    expect(process.get("Uid")).toBe(`${UID}\t${UID}\t${UID}\t${UID}`);
    expect(process.get("Gid")).toBe(`${UID}\t${UID}\t${UID}\t${UID}`);
    expect(process.get("Groups")?.trim()).toBe(String(UID));
    expect(process.get("CapEff")).toMatch(/^0+$/);
    expect(process.get("CapPrm")).toMatch(/^0+$/);
    node.kill("SIGTERM");
    const { stdout } = await node.ended;
    expect(stdout).toContain("ended: 0");
    expect(stdout).toContain('Device "mosaic0" does not exist');
    expect(readdirSync(SOCKETS)).toEqual([]);
  });
});
