import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inUserNamespace } from "../../lab/kernel/backend.ts";
import { MOSAIC } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

test("a lab in a user namespace leaves no trace outside", ({ skip }) => {
  const reason = needs("user namespaces", "ip");
  skip(reason !== undefined, reason);
  const program = `
    import { Namespaces } from "${new URL("../../lab/kernel/namespaces.ts", import.meta.url).href}";
    import { spawnSync } from "node:child_process";
    import { readdirSync } from "node:fs";
    const hosts = ["a", "b"].map((name, at) => ({ name, machine: name, address: "10.77.0." + (at + 1) + ":1", others: [] }));
    const namespaces = new Namespaces({ hosts, networks: [], links: [] });
    const made = readdirSync("/run/netns").length;
    const [command, ...args] = namespaces.on("a", ["ip", "-br", "addr", "show", "eth0"]);
    const address = /10\\.77\\.0\\.1/.test(String(spawnSync(command, args).stdout));
    namespaces.close();
    console.log(JSON.stringify({ made, address, left: readdirSync("/run/netns").length }));`;
  const before = namespaces();
  const node = [process.execPath, "--input-type=module-typescript", "-e", program];
  const [command = "", ...args] = inUserNamespace(node);
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ made: 3, address: true, left: 0 });
  expect(namespaces()).toEqual(before);
});

/** Returns the namespaces outside labs. Labs of concurrent tests come and go. */
function namespaces(): readonly string[] {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter((name) => !name.startsWith("mz"));
}

/** Shell script that runs a command as user nobody with access to TUN devices. */
const AS_NOBODY = `
mknod "$folder/tun" c 10 200 && chmod 666 "$folder/tun" && mount --bind "$folder/tun" /dev/net/tun || exit 9
mkdir "$folder/tmp" && chmod 777 "$folder" "$folder/tmp"
TMPDIR=$folder/tmp HOME=$folder/tmp exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`;

test("a lab of an unprivileged user supports gateways, rates and checks, and leaves nothing", {
  timeout: 60_000,
}, ({ skip }) => {
  const reason = needs("root", "user namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc", "setpriv");
  skip(reason !== undefined, reason);
  const folder = mkdtempSync(join(tmpdir(), "mosaic-nobody-"));
  const file = join(folder, "lab.toml");
  writeFileSync(file, BEHIND_NAT);
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "sh", "-c", AS_NOBODY, "sh", MOSAIC, "lab", file, "--check"],
    { encoding: "utf8", env: { ...process.env, folder } },
  );
  expect(stdout).toMatch(/holds {2}a reaches b/);
  expect(stdout).toMatch(/holds {2}a\$ mosaic query \$LAB\/b\.sock addressMap/);
  expect([status, stderr]).toEqual([1, "mosaic: 1 check failed\n"]);
  expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  rmSync(folder, { recursive: true });
});

const BEHIND_NAT = `duration = "4s"
programs = ["tunnel.mzl"]
networks.home = { range = "192.168.1.0/24", nat = "10.77.255.1" }
hosts = { a = { network = "home" }, b = {} }
links = [{ between = "all", delay = "5ms", rate = "10Mbit" }]
[[traffic]]
from = "a"
to = "b"
[[checks]]
reaches = ["a", "b"]
[[checks]]
on = "a"
succeeds = "mosaic query $LAB/b.sock addressMap"
[[checks]]
on = "a"
succeeds = "false"
`;
