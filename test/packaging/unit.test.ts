import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { ROOT } from "../house/tree.ts";

const UNIT = join(ROOT, "packaging/mosaic@.service");

test("systemd accepts the unit file", ({ skip }) => {
  const reason = needs("systemd-analyze");
  skip(reason !== undefined, reason);
  const folder = mkdtempSync(join(tmpdir(), "mosaic-unit-"));
  const unit = join(folder, "mosaic@.service");
  // systemd checks that the command exists, so the test uses the one of the checkout.
  writeFileSync(unit, readFileSync(UNIT, "utf8").replace("/usr/bin/mosaic", join(ROOT, "mosaic")));
  copyFileSync(unit, join(folder, "mosaic@test.service"));
  const { stdout, stderr, status } = spawnSync(
    "systemd-analyze",
    ["verify", "--man=no", join(folder, "mosaic@test.service")],
    { encoding: "utf8" },
  );
  rmSync(folder, { recursive: true });
  const complaints = (stdout + stderr).split("\n").filter((line) => line.includes("mosaic"));
  expect(complaints).toEqual([]);
  expect(status).toBe(0);
});
