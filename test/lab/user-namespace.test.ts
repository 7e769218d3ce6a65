import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { inUserNamespace } from "../../lab/place.ts";
import { needs } from "../needs.ts";

test("a lab can be built in a user namespace, and nothing of it is seen outside", ({ skip }) => {
  const reason = needs("user namespaces", "ip");
  skip(reason !== undefined, reason);
  const program = `
    import { Namespaces } from "${new URL("../../lab/namespaces.ts", import.meta.url).href}";
    import { spawnSync } from "node:child_process";
    import { readdirSync } from "node:fs";
    const hosts = ["a", "b"].map((name, at) => ({ name, address: "10.77.0." + (at + 1) + ":1" }));
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

/** Those of other tests that run beside this one come and go. */
function namespaces(): readonly string[] {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter((name) => !name.startsWith("mz"));
}
