import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";

const SESSION: string = new URL("./tun-session.ts", import.meta.url).href;

test("a user who may open the device gets a TUN interface in a new user namespace", ({ skip }) => {
  const reason = needs("user namespaces", "/dev/net/tun", "addon");
  skip(reason !== undefined, reason);
  const program = `import { open, print } from "${SESSION}"; print(open().ok);`;
  const node = [process.execPath, "--input-type=module-typescript", "-e", program];
  expect(spawnSync("unshare", ["-Urn", ...node], { encoding: "utf8" }).stdout).toBe("true\n");
});
