import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

/** Program that measures round trips with the view `ping` every 200 ms. The ping of the kernel runs beside it. */
const MEASURE = `import "ping.mzl".
materialize(measured, infinity, infinity, keys(1)).
m1: ask(E) :- periodic(E, 200ms), localAddr("10.77.0.1:10000").
m2: measured(E, RTT) :- ask(E), localAddr(Me), ping(Me, "10.77.0.2:10000", &RTT).
`;

const TOPOLOGY = `duration = "4s"
programs = ["measure.mzl"]
hosts = 2
watch = ["measured"]
links = [{ between = "all", delay = "20ms" }]
commands = [{ on = "a", run = "ping -n -i 0.2 10.77.0.2" }]
`;

const folder = mkdtempSync(join(tmpdir(), "mosaic-ping-view-"));
afterAll(() => rmSync(folder, { recursive: true }));

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test("the view `ping` measures the same round trip as the ping of the kernel on a link of 20 ms, within 20 %", async ({
  skip,
}) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping");
  skip(reason !== undefined, reason);
  writeFileSync(join(folder, "measure.mzl"), MEASURE);
  writeFileSync(join(folder, "lab.toml"), TOPOLOGY);
  const out = join(folder, "out");
  expect(await mosaic("lab", join(folder, "lab.toml"), "--out", out)).toMatchObject({ code: 0 });
  const ofKernel = [...readFileSync(join(out, "a.commands.log"), "utf8").matchAll(/time=([\d.]+) ms/g)].map(
    ([, milliseconds]) => Number(milliseconds) / 1000,
  );
  const ofView = readFileSync(join(out, "a.watch.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly tuple: readonly [string, number, number] }).tuple[2]);
  expect(Math.min(ofKernel.length, ofView.length)).toBeGreaterThan(10);
  expect(median(ofKernel)).toBeGreaterThan(0.04);
  expect(Math.abs(median(ofView) / median(ofKernel) - 1)).toBeLessThan(0.2);
});
