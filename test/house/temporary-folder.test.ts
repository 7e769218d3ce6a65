import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { TemporaryFolder } from "./temporary-folder.ts";

test("disposing of a temporary folder removes it with its files", () => {
  const folder = new TemporaryFolder("mosaic-folder-");
  writeFileSync(join(folder.path, "file"), "");
  folder[Symbol.dispose]();
  expect(existsSync(folder.path)).toBe(false);
});

test.each(["SIGINT", "SIGKILL"] as const)("a process that %s ends leaves no temporary folder", async (signal) => {
  const script = `
    import { TemporaryFolder } from ${JSON.stringify(join(import.meta.dirname, "temporary-folder.ts"))};
    process.stdout.write(new TemporaryFolder("mosaic-folder-").path);
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = (await once(child.stdout, "data")) as [Buffer];
  const path = String(output);
  expect(existsSync(path)).toBe(true);
  child.kill(signal);
  await vi.waitFor(() => expect(existsSync(path)).toBe(false), { timeout: 5000 });
});
