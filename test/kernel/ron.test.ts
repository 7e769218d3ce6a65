import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { Pings } from "./pings.ts";
import { HOST_NAMES, type HostName, RonLab, sleep, underlay, until, virtual } from "./ron-lab.ts";

/** Bound of the latency of a link between idle namespaces. */
const SHORT_SECONDS = 0.005;

const REASON = needs("root", "/dev/net/tun", "addon", "ip", "ping");

test("ping goes on across a cut and returns to the direct path; signals end a node and its device", {
  timeout: 60_000,
}, async (context) => {
  if (REASON !== undefined) return context.skip(REASON);
  const lab = new RonLab();
  try {
    expect(
      await until(() => lab.next("a", "b") === underlay("b") && lab.next("b", "a") === underlay("a"), 10_000),
    ).toBe(true);
    await sleep(1_500);
    // Measurements made while all members were starting count for a while.
    expect(await until(() => isSettled(lab), 20_000)).toBe(true);
    const measured = lab.routes.length;
    const pings = new Pings(lab, "a", "b");
    await sleep(1_000);
    expect(await until(() => pings.answers.length > 10, 10_000)).toBe(true);
    const routes = lab.routes.slice(measured);
    expect(routes.filter(({ op, tuple }) => op === "+" && tuple[1] !== tuple[2])).toEqual([]);
    expect([lab.next("a", "b"), lab.next("b", "a")]).toEqual([underlay("b"), underlay("a")]);
    const cutAt = Date.now();
    lab.cut("a", "b");
    expect(await until(() => pings.outageAfter(cutAt) !== undefined, 5_000)).toBe(true);
    expect(pings.outageAfter(cutAt)).toBeLessThan(3_000);
    expect(lab.next("a", "b")).toBe(underlay("c"));
    lab.heal("a", "b");
    expect(
      await until(() => lab.next("a", "b") === underlay("b") && lab.next("b", "a") === underlay("a"), 15_000),
    ).toBe(true);
    pings.stop();
    expect(lab.run("a", ["ip", "link", "show", "moz"]).status).toBe(0);
    const start = Date.now();
    expect(await lab.signal("c", "SIGINT")).toBe(0);
    expect(Date.now() - start).toBeLessThan(2_000);
    expect(lab.run("c", ["ip", "link", "show", "moz"]).status).not.toBe(0);
    expect(lab.run("a", ["ping", "-n", "-c", "3", "-i", "0.1", "-W", "1", virtual("b")]).status).toBe(0);
  } finally {
    await lab.close();
  }
});

/** Whether all members have measured the short latency of their links. */
function isSettled(lab: RonLab): boolean {
  const others = (from: HostName): readonly HostName[] => HOST_NAMES.filter((to) => to !== from);
  return HOST_NAMES.every((from) => others(from).every((to) => lab.score(from, to) < SHORT_SECONDS));
}

test("a download is byte-exact across a cut and a heal", { timeout: 120_000 }, async (context) => {
  const reason = needs("root", "/dev/net/tun", "addon", "ip", "curl", "python3");
  if (reason !== undefined) return context.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), "mosaic-download-"));
  const lab = new RonLab();
  try {
    const size = Number(process.env["MOSAIC_DOWNLOAD_MB"] ?? 100) << 20;
    writeFileSync(join(folder, "file"), Buffer.alloc(size, randomBlock()));
    expect(await until(() => lab.next("a", "b") === underlay("b"), 10_000)).toBe(true);
    const serve = `python3 -u -m http.server 8099 --bind ${virtual("b")} --directory ${folder}`;
    const server = lab.spawn("b", serve.split(" "));
    let said = "";
    server.stdout?.on("data", (text: Buffer) => (said += String(text)));
    expect(await until(() => said.includes("Serving HTTP"), 20_000)).toBe(true);
    await sleep(1_500);
    const curl = lab.spawn("a", [
      "curl",
      "-s",
      "--limit-rate",
      "12M",
      "-o",
      join(folder, "copy"),
      `http://${virtual("b")}:8099/file`,
    ]);
    const ended = new Promise<number | null>((resolve) => curl.once("exit", resolve));
    await sleep(1_500);
    lab.cut("a", "b");
    expect(await until(() => lab.next("a", "b") === underlay("c"), 10_000)).toBe(true);
    await sleep(1_000);
    lab.heal("a", "b");
    expect(await ended).toBe(0);
    server.kill();
    expect(digest(join(folder, "copy"))).toBe(digest(join(folder, "file")));
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true });
  }
});

function randomBlock(): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(65_521)));
}

function digest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
