import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";

/** The topologies of lab/alice, in the simulator: the scenes of section 5.2 of the MOSAIC paper. */
test.each(["school", "home", "banned"])("Alice (%s): Bob's packets reach her", { timeout: 60_000 }, async (name) => {
  const { code, stdout } = await mosaic("sim", `lab/alice/${name}.toml`, "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

test("three bridges lead into ron, and two of them avoid a dead gateway", { timeout: 60_000 }, async () => {
  const { code, stdout } = await mosaic("sim", "lab/alice/bridges.toml", "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

test("three overlays share their probes", { timeout: 60_000 }, async () => {
  const { code, stdout } = await mosaic("sim", "lab/alice/probes.toml", "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});

/** Tables of Alice without measurements and times. */
const TABLES = [
  "localAddr",
  "i3.localAddr",
  "i3.trigger",
  "i3.server",
  "i3.dropped",
  "i3private.peer",
  "i3private.bestPT",
  "addressMap",
  "chord.self",
  "chord.start",
];

test("Alice moves: her file arrives, and her tables are as before but for her address", {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "alice-"));
  const file = join(folder, "move.toml");
  const queries = TABLES.flatMap((table) =>
    ["21900ms", "29s"].map((at) => `[[checks]]\nquery = "${table}"\non = "alice"\nat = "${at}"\n`),
  );
  writeFileSync(file, readFileSync(new URL("../../lab/alice/move.toml", import.meta.url), "utf8") + queries.join(""));
  const { code, stdout } = await mosaic("sim", file, "--check", "--json");
  rmSync(folder, { recursive: true });
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
  const { checks } = JSON.parse(stdout) as { checks: readonly { t: number; answers?: readonly { rows: unknown }[] }[] };
  const rowsAt = (t: number): string =>
    JSON.stringify(checks.filter((check) => check.t === t).map(({ answers }) => answers?.[0]?.rows));
  expect(rowsAt(21.9)).toContain("10.1.0.1:10000");
  expect(rowsAt(29)).toBe(rowsAt(21.9).replaceAll("10.1.0.1:10000", "10.2.0.1:10000"));
});
