import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";

const SESSION: string = new URL("./tun-session.ts", import.meta.url).href;

test("whoever may open the device has a TUN interface in a user namespace of their own", ({ skip }) => {
  const reason = needs("user namespaces", "/dev/net/tun", "addon");
  skip(reason !== undefined, reason);
  const program = `import { open, print } from "${SESSION}"; print(open().ok);`;
  const node = [process.execPath, "--input-type=module-typescript", "-e", program];
  expect(spawnSync("unshare", ["-Urn", ...node], { encoding: "utf8" }).stdout).toBe("true\n");
});
